"""What people call the columns and tables of their data, and what the words in a name say about the values.

Every entry here widens what is understood at the risk of understanding it wrongly: a word belongs here only when it
means the same in every table. Words of one company stand in ``config.yaml``.
"""

from __future__ import annotations

from .words import word_list

TRADE = {
    "sold": "sale", "bought": "purchase", "purchased": "purchase", "ordered": "order", "sell": "sale",
    "buy": "purchase", "spent": "spend", "spend": "spend", "paid": "pay", "earned": "earning", "earn": "earning",
    "earns": "earning", "selling": "sale", "cost": "cost", "costs": "cost", "costing": "cost", "priced": "price",
    "worth": "worth",
}  # fmt: skip
"""Verbs that point to a measure or a table, and the noun they stand for."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "amount": ("revenue", "sale", "turnover", "total", "value", "spend", "spending", "worth", "proceed", "income"),
    "revenue": ("sale", "turnover", "amount", "income", "proceed"),
    "sale": ("revenue", "turnover"),
    "total": ("amount", "revenue", "sale", "turnover", "value", "sum"),
    "price": ("cost",),
    "cost": ("expense", "price"),
    "quantity": ("unit", "piece", "volume"),
    "unit": ("quantity", "piece"),
    "salary": ("pay", "wage", "compensation", "earning", "income"),
    "wage": ("salary", "pay", "compensation"),
    "department": ("team", "division", "dept", "unit"),
    "category": ("type", "kind", "group", "class"),
    "type": ("kind", "category"),
    "genre": ("category", "type", "kind"),
    "segment": ("tier",),
    "country": ("nation", "land"),
    "city": ("town",),
    "region": ("area", "territory", "zone"),
    "status": ("state",),
    "state": ("status",),
    "customer": ("client", "buyer", "shopper", "purchaser", "consumer"),
    "client": ("customer",),
    "product": ("article", "item", "sku", "good"),
    "item": ("product", "article"),
    "order": ("purchase",),
    "purchase": ("order",),
    "employee": ("worker", "staff", "colleague", "person", "staff member", "staffer"),
    "staff": ("employee", "worker"),
    "member": ("borrower", "patron", "reader", "subscriber"),
    "borrower": ("member", "patron", "reader"),
    "patron": ("member", "borrower", "reader"),
    "loan": ("borrowing", "checkout", "lending"),
    "title": ("name",),
    "name": ("title",),
    "job": ("position", "role", "occupation"),
    "position": ("job", "role"),
    "role": ("job", "position"),
    "manager": ("boss", "supervisor"),
    "rep": ("representative", "salesperson", "seller"),
    "salesperson": ("sales rep", "seller"),
    "author": ("writer",),
    "phone": ("telephone", "mobile"),
    "email": ("mail", "e mail", "email address"),
    "gender": ("sex",),
    "supplier": ("vendor",),
    "vendor": ("supplier",),
    "stock": ("inventory",),
    "duration": ("length",),
    "rating": ("score",),
    "score": ("rating", "mark"),
    "birthday": ("birth date", "date of birth", "dob"),
    "birth date": ("birthday", "date of birth", "dob"),
    "fine": ("penalty", "fee"),
    "fee": ("charge",),
    "signup": ("sign up", "signed up", "registration", "registered", "joining", "joined"),
    "hire": ("joining", "joined", "start", "started", "employment"),
    "birth": ("born",),
    "discontinued": ("retired", "obsolete"),
    "location": ("place", "site"),
    "salesrep": ("sales rep",),
}
"""Column-name word -> what people say instead. One direction only: what is asked for must exist under the left word."""

ABBREVIATIONS = {
    "qty": "quantity", "amt": "amount", "cust": "customer", "prod": "product", "dept": "department",
    "dep": "department", "emp": "employee", "num": "number", "nbr": "number", "nr": "number",
    "desc": "description", "descr": "description", "addr": "address", "cat": "category", "ctry": "country",
    "reg": "region", "mgr": "manager", "acct": "account", "acc": "account", "inv": "invoice", "ord": "order",
    "dt": "date", "ts": "timestamp", "yr": "year", "mth": "month", "mon": "month", "val": "value",
    "avg": "average", "pct": "percent", "perc": "percent", "stat": "status", "curr": "currency",
    "txn": "transaction", "trx": "transaction", "trans": "transaction", "tot": "total", "prc": "price",
    "sal": "salary", "dob": "birth date", "fname": "first name", "lname": "last name", "tel": "phone",
    "org": "organization", "rev": "revenue", "loc": "location", "mbr": "member", "disc": "discount",
    "temp": "temperature", "dur": "duration", "cnt": "count", "grp": "group", "lvl": "level", "ref": "reference",
}  # fmt: skip

SHORTHANDS = frozenset(
    word_list(
        """
    qty amt cust prod dept emp num nbr addr ctry mgr acct inv yr mth pct txn trx dob fname lname prc
    """
    )
)
"""The abbreviations people also write in questions; the others are English words of their own."""

PRODUCT_OF = ({"quantity", "qty", "unit", "piece"}, {"price", "rate", "cost"})
"""Words of the two columns whose product is an amount where no column holds one."""
MONEY = ("amount", "revenue", "sale", "turnover", "total", "value", "spend", "spending", "income", "proceed", "worth")
"""Words for a money total; the first ones win when a table has several such columns."""
ADDITIVE = frozenset(
    word_list(
        """
    quantity unit piece cost budget profit expense expenditure fee fine payment tax charge penalty salary wage bonus
    commission count view click visit session impression download install sign-up stock inventory
    shipment mile distance refund donation loss passenger visitor guest attendee seat vote point goal follower
    headcount population gain debt credit debit deposit withdrawal cash earning gross net usd eur gbp volume page
    copy item
    """
    )
) | frozenset(MONEY)
"""Words of measures whose sum means something; of any other number the question must say what is wanted."""
NOT_ADDITIVE = frozenset(
    word_list(
        """
    price rate ratio percent percentage pct share age score rating grade rank temperature discount margin average
    mean median salary wage pay level latitude longitude lat lon lng year month day hour minute week quarter version
    height weight width length balance probability index
    """
    )
)
"""Words of measures that must not be summed unless somebody asks for the sum."""
UNITS = frozenset(
    word_list(
        """
    amount total value sum usd eur gbp percent level count c f celsius fahrenheit kg g lb km m cm mm mi ms sec
    second minute hour kwh kw w volt mb gb min hr day km2
    """
    )
)
"""Last words of column names that people leave out: ``fine_amount`` is "the fine", ``tempC`` the temperature."""
KEY_WORDS = frozenset(
    {"id", "key", "uuid", "guid", "code", "number", "no", "isbn", "sku", "zip", "postcode", "pk", "fk", "hash"}
)
DATE_WORDS = frozenset({"date", "time", "timestamp", "datetime", "at", "on", "day", "when", "dt", "ts"})
NAME_WORDS = ("name", "title", "label", "fullname")
ENDS = {
    "from": frozenset({"origin", "from", "source", "departure", "start", "sender", "supplier", "seller"}),
    "to": frozenset({"destination", "to", "target", "arrival", "end", "receiver", "recipient", "buyer", "ship"}),
}
"""Column words that a value after "from" or "to" belongs to, when it stands in several columns."""
PERSONS = frozenset(
    {
        "customer",
        "employee",
        "member",
        "client",
        "user",
        "patron",
        "borrower",
        "student",
        "patient",
        "person",
        "staff",
        "rep",
    }
)
