"""Small worlds to ask questions about: a library, a company, sensors, a clinic, flights; all made by arithmetic."""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

Tables = dict[str, pa.Table]


def table(columns: dict[str, pa.DataType], rows: Sequence[Sequence[Any]]) -> pa.Table:
    return pa.table(
        {name: pa.array([row[place] for row in rows], kind) for place, (name, kind) in enumerate(columns.items())}
    )


N, T, D, M, B, F = pa.int64(), pa.string(), pa.date32(), pa.timestamp("us"), pa.bool_(), pa.float64()


def library() -> Tables:
    names = "Ada Byron,Grace Hopper,Alan Turing,Edsger Dijkstra,Barbara Liskov,Donald Knuth,Radia Perlman,Tony Hoare"
    cities = ("Leeds", "York", "Leeds", "Hull", "York", "Leeds", "Hull", "Bath")
    books = (
        ("The Long Road", "M. Finch", "Novel", 1998, 310), ("Quiet Waters", "M. Finch", "Novel", 2005, 280),
        ("Stars at Noon", "L. Abara", "Science", 2012, 198), ("Cooking for Crowds", "P. Rossi", "Cookery", 2019, 240),
        ("A History of Salt", "L. Abara", "History", 2001, 452), ("Rust and Bone", "K. Ito", "Novel", 2021, 333),
        ("Rivers of Iron", "K. Ito", "History", 2015, 501),
    )  # fmt: skip
    loans = []
    for i in range(1, 41):
        day = dt.date(2025, 1, 3) + dt.timedelta(days=9 * i)
        back = None if i % 7 == 0 else day + dt.timedelta(days=5 + (i * 3) % 20)
        fine = Decimal(((i * 37) % 9) * 75).scaleb(-2)
        loans.append((i, 1 + (i * i) % 6, 1 + (i * 3) % 7, day, day + dt.timedelta(days=14), back, fine))
    return {
        "members": table(
            {"member_id": N, "full_name": T, "city": T, "join_date": D, "is_active": B},
            [
                (i, name, city, dt.date(2021 + i % 4, i, 5), i % 3 != 0)
                for i, (name, city) in enumerate(zip(names.split(","), cities, strict=True), 1)
            ],
        ),
        "books": table(
            {"book_id": N, "title": T, "author": T, "genre": T, "published_year": N, "pages": N},
            [(i, *book) for i, book in enumerate(books, 1)],
        ),
        "loans": table(
            {"loan_id": N, "book_id": N, "member_id": N, "loan_date": D, "due_date": D, "return_date": D,
             "fine_amount": pa.decimal128(8, 2)},
            loans,
        ),
    }  # fmt: skip


def hr() -> Tables:
    first = ("Mia", "Leo", "Zoe", "Max", "Eva", "Tom", "Ida", "Ben", "Amy", "Kai", "Lea", "Jon")
    last = ("Stone", "Woods", "Frost", "Marsh", "Reed", "Banks", "Field", "Ford", "Hill", "Lake", "Moss", "Park")
    jobs = ("Analyst", "Engineer", "Manager", "Engineer", "Clerk", "Analyst")
    people = [
        (
            i, first[i % 12], last[(i * 5) % 12], 1 + (i * 7) % 4, jobs[i % 6], 38000 + (i * 3137) % 61000,
            dt.date(2012 + i % 13, 1 + i % 12, 1 + i), dt.date(1965 + (i * 3) % 35, 1 + (i * 5) % 12, 10),
            None if i < 4 else 1 + i % 3,
        )
        for i in range(1, 25)
    ]  # fmt: skip
    return {
        "departments": table(
            {"dept_id": N, "dept_name": T, "location": T, "budget": N},
            [(1, "Sales", "London", 900000), (2, "Engineering", "Berlin", 2500000), (3, "Finance", "London", 600000),
             (4, "Support", "Porto", 350000), (5, "Legal", "Madrid", 200000)],
        ),
        "employees": table(
            {"emp_id": N, "first_name": T, "last_name": T, "dept_id": N, "job_title": T, "salary": N, "hire_date": D,
             "birth_date": D, "manager_id": N},
            people,
        ),
    }  # fmt: skip


def sensors() -> Tables:
    sites = ("North Yard", "South Yard", "Depot")
    readings = [
        (i, f"D{1 + i % 5}", dt.datetime(2026, 2, 1) + dt.timedelta(hours=7 * i), round(15 + (i * 13 % 80) / 10, 1),
         40.0 + (i * 7) % 50, 100 - (i % 30), i % 11 == 0)
        for i in range(1, 61)
    ]  # fmt: skip
    return {
        "SensorReadings": table(
            {
                "readingId": N,
                "deviceId": T,
                "readingTime": M,
                "tempC": F,
                "humidityPct": F,
                "batteryLevel": N,
                "isFaulty": B,
            },
            readings,
        ),
        "Devices": table(
            {"deviceId": T, "deviceName": T, "siteName": T, "installedOn": D, "order": N},
            [(f"D{i}", f"Probe {i}", sites[i % 3], dt.date(2024, i, 1), i) for i in range(1, 6)],
        ),
    }


def clinic() -> Tables:
    names = (
        "Iris Vale",
        "Omar Reyes",
        "Nina Blum",
        "Paul Kerr",
        "Lola Cruz",
        "Finn Ward",
        "Tara Singh",
        "Hugo Lind",
        "Ella Moss",
    )
    states = ("completed", "no-show", "completed", "cancelled", "completed")
    visits = [
        (i, 1 + (i * i) % 8, 1 + (i * 7) % 3, dt.datetime(2026, 1, 5, 9) + dt.timedelta(days=3 * i, hours=i % 8),
         states[i % 5], None if i % 9 == 0 else 40.0 + (i * 11) % 60, 15 + 15 * (i % 4))
        for i in range(1, 51)
    ]  # fmt: skip
    return {
        "patients": table(
            {"patient_id": N, "patient_name": T, "gender": T, "date_of_birth": D, "city": T},
            [
                (i, name, "female" if i % 2 else "male", dt.date(1950 + i * 5, 1 + i, 3), ("Ghent", "Bruges", "Ghent")[i % 3])
                for i, name in enumerate(names, 1)
            ],
        ),
        "doctors": table(
            {"id": N, "name": T, "specialty": T},
            [(1, "Dr. Hale", "Cardiology"), (2, "Dr. Novak", "Dermatology"), (3, "Dr. Imai", "Cardiology"), (4, "Dr. Okoro", "Pediatrics")],
        ),
        "appointments": table(
            {"appointment_id": N, "patient_id": N, "doctor_id": N, "scheduled_at": M, "status": T, "fee": F, "duration_minutes": N},
            visits,
        ),
    }  # fmt: skip


def flights() -> Tables:
    rows = [
        (f"XA{100 + i}", ("AirNova", "SkyJet", "Polar Wings")[i % 3], ("OSL", "CPH", "ARN", "HEL")[i % 4],
         ("LHR", "CDG", "OSL")[i % 3], dt.date(2025, 11, 20) + dt.timedelta(days=2 * i), 300 + (i * 137) % 2200,
         (i * 17) % 95, 60 + (i * 29) % 120, Decimal(5000 + (i * 733) % 20000), i % 10 == 0)
        for i in range(1, 61)
    ]  # fmt: skip
    return {
        "flights": table(
            {"flight_no": T, "airline": T, "origin": T, "destination": T, "departure_date": D, "distance_km": N,
             "delay_min": N, "passengers": N, "ticket_revenue": pa.decimal128(12, 2), "cancelled": B},
            rows,
        )
    }  # fmt: skip


def school() -> Tables:
    names = (
        "Aiko Mori",
        "Ben Adler",
        "Chidi Eze",
        "Dora Lenz",
        "Eli Stone",
        "Fay Wu",
        "Gus Holm",
        "Hana Sato",
        "Ivo Rossi",
        "Jo Park",
    )
    courses = (
        ("Algebra", "Maths"),
        ("Geometry", "Maths"),
        ("Botany", "Science"),
        ("Optics", "Science"),
        ("Sculpture", "Arts"),
    )
    return {
        "students": table(
            {"student_id": N, "name": T, "grade_level": N, "house": T, "enrolled_on": D},
            [(i, name, 9 + i % 4, ("North", "South")[i % 2], dt.date(2022 + i % 3, 9, i)) for i, name in enumerate(names, 1)],
        ),
        "teachers": table(
            {"teacher_id": N, "teacher_name": T, "hire_year": N}, [(1, "Ms Frey", 2009), (2, "Mr Oduya", 2015), (3, "Dr Lind", 2020)]
        ),
        "courses": table(
            {"course_id": N, "course_title": T, "subject": T, "teacher_id": N, "credits": N},
            [(i, *course, 1 + i % 3, 2 + i % 3) for i, course in enumerate(courses, 1)],
        ),
        "exam_results": table(
            {"exam_id": N, "student_id": N, "course_id": N, "exam_date": D, "score": F, "passed": B},
            [
                (i, 1 + (i * 3) % 9, 1 + (i * 2) % 4, dt.date(2025, 1, 7) + dt.timedelta(days=4 * i), 35.0 + (i * 13) % 65, (i * 13) % 65 > 15)
                for i in range(1, 61)
            ],
        ),
    }  # fmt: skip


def tickets() -> Tables:
    rows = [
        (f"T-{1000 + i}", ("bug", "question", "billing", "bug")[i % 4], ("high", "low", "medium")[i % 3],
         ("open", "closed", "closed", "waiting")[i % 4], f"agent{1 + i % 4}", dt.datetime(2026, 3, 1, 8) + dt.timedelta(hours=11 * i),
         None if i % 4 in (0, 3) else dt.datetime(2026, 3, 1, 8) + dt.timedelta(hours=11 * i + 5 + i % 40), 1 + i % 6,
         None if i % 5 else 1 + i % 4)
        for i in range(1, 81)
    ]  # fmt: skip
    return {
        "support_tickets": table(
            {"ticketNo": T, "ticketType": T, "priority": T, "status": T, "assignee": T, "createdAt": M, "closedAt": M,
             "messageCount": N, "rating": N},
            rows,
        )
    }  # fmt: skip


def warehouse() -> Tables:
    goods = (
        ("Bolt M6", "Fasteners"),
        ("Nut M6", "Fasteners"),
        ("Hammer", "Tools"),
        ("Drill", "Tools"),
        ("Glue", "Chemicals"),
    )
    firms = (("Norsk Stål", "Norway"), ("Tool Barn", "Ireland"), ("Chemco", "Norway"))
    return {
        "suppliers": table({"supplier_id": N, "company": T, "country": T}, [(i, *firm) for i, firm in enumerate(firms, 1)]),
        "parts": table(
            {"part_no": T, "description": T, "part_group": T, "supplier_id": N, "unit_cost": F, "stock_qty": N},
            [(f"PN{i}", *good, 1 + i % 3, 0.5 * i * i, (i * 37) % 90) for i, good in enumerate(goods, 1)],
        ),
        "deliveries": table(
            {"delivery_id": N, "part_no": T, "delivered_on": D, "qty": N, "carrier": T, "damaged": B},
            [
                (i, f"PN{1 + (i * i) % 4}", dt.date(2026, 1, 2) + dt.timedelta(days=5 * i), 10 + (i * 7) % 50,
                 ("DHL", "UPS", "Bring")[i % 3], i % 8 == 0)
                for i in range(1, 41)
            ],
        ),
    }  # fmt: skip


WORLDS: dict[str, Callable[[], Tables]] = {
    "library": library,
    "hr": hr,
    "sensors": sensors,
    "clinic": clinic,
    "flights": flights,
    "school": school,
    "tickets": tickets,
    "warehouse": warehouse,
}
