"""Everyday words that stand for each other, and kinds with what belongs to them: what a question calls by another name.

Kept general on purpose: household words of people who talk about their lives and their work. A line ``kind: members``
leads from the kind to its members and, more weakly, back; a line without a colon holds words that mean nearly the same.
"""

from functools import lru_cache

from dataops_kernel.sessions.stems import porter

MEMBER, SAME, KIND = 0.45, 0.5, 0.15
"""How much a related word counts beside the word itself."""

_WORDS = """
family: mom father sister brother grandmother grandfather aunt uncle cousin wife husband son daughter parent child kid
parent: mom father
child kid boy girl son daughter baby toddler
son: boy
daughter: girl
sibling: brother sister
grandparent: grandmother grandfather
wife husband partner spouse marry wedding
relative: cousin aunt uncle nephew niece
relationship: date boyfriend girlfriend partner marry single divorce breakup engaged
marry wedding engaged anniversary bride groom honeymoon
divorce separate split breakup
friend: buddy mate pal roommate neighbor colleague
job work career position profession occupation employ living role
job: nurse teacher engineer doctor chef manager waiter designer writer lawyer accountant artist driver intern trainee
hire: job offer employ recruit
fire: layoff dismiss redundant quit resign
quit resign leave
promotion: promote lead raise manager recommend
boss manager supervisor lead
mentor: teach coach guide lead
salary: pay money wage earn income
business company shop store startup firm brand studio agency
store: shop boutique market
market: stall fair sell
open launch start begin
begin start commence kick
finish complete end done
release publish ship launch premiere print
meet: date encounter introduce
school college university class course study
study: degree major course university exam
course class lesson training workshop
train practice coach lesson
exam: test grade pass
education: school degree college university study
teacher professor instructor tutor
pupil student
home house apartment flat place
house: garden yard kitchen bedroom garage
move relocate settle
room: kitchen bedroom bathroom study lounge nursery
lounge: living
country: france spain italy germany japan canada mexico brazil india china sweden portugal ireland england usa
city: london paris rome tokyo berlin boston chicago seattle york
travel trip journey holiday vacation visit tour getaway flight fly
trip: camp hike beach mountain road
holiday: christmas easter thanksgiving halloween vacation
christmas: holiday december present
outdoors: camp hike mountain forest lake beach river trail park
mountain hill peak
sea ocean beach coast
nature: forest tree mountain lake park garden
pet: dog cat hamster puppy kitten rabbit bird fish turtle snake parrot guinea
animal: dog cat horse bird fish rabbit bear deer cow pig turtle fox wolf pet
dog puppy pup
dog: labrador beagle poodle retriever shepherd terrier
cat kitten
breed: dog cat shepherd retriever beagle poodle labrador terrier
bird: heron owl crane eagle parrot robin sparrow duck swan
sport: football soccer basketball tennis swim run rowing climb surf ski hockey baseball volleyball golf martial
exercise workout gym fitness run jog swim yoga walk train
run jog race marathon
race regatta marathon competition
martial: karate judo taekwondo boxing kickboxing
team crew
win: medal prize award first trophy champion
award prize medal trophy honor
competition tournament contest championship
game: video chess console play tournament
hobby: paint draw pottery photography garden read write cook bake knit dance sing choir hike game collect
activity: camp hike paint swim pottery run dance cook bake read museum
craft: pottery knit sew clay woodwork
pottery ceramics clay
clay: bowl mug pot vase plate cup kiln
art artist painting drawing sketch
art: paint draw pottery sculpture sketch gallery museum photograph
paint draw
draw sketch cartoon comic illustrate
music: song band concert sing guitar piano violin album
instrument: guitar piano violin cello drum trumpet flute clarinet saxophone ukulele harp bass
concert gig recital show festival perform orchestra
perform play show stage
musician: band singer guitarist
composer: bach mozart beethoven vivaldi chopin brahms
song tune track
sing choir
book: novel memoir read author story series
book manuscript novel
author writer novelist
write: poem story book blog journal article novel
poem poetry verse
article story report
movie film cinema
show: series television episode
dance: ballet salsa tango contemporary
food: pizza pasta sushi soup salad cake bread cheese chicken rice curry
eat: food restaurant dinner lunch breakfast taste try
meal dish dinner lunch recipe
cook bake recipe kitchen
bake: cake bread cookie pie muffin
dessert: cake cookie pie chocolate pastry
diet: vegan vegetarian gluten allergy dairy
avoid: allergy intolerant
drink: coffee tea beer wine juice
restaurant cafe diner
party celebrate celebration birthday
celebrate: party dinner cake parade birthday anniversary
event: party concert festival parade conference wedding meeting show workshop reading race
parade march
birthday: turn party cake
age old birthday
gift present
gift: necklace book package ticket
jewelry: necklace ring bracelet earring pendant
necklace pendant
clothes: dress shirt jacket shoe hat coat sweater socks
symbol: stand mean represent remind
symbolize mean represent stand
name: call title
title name call
call phone
health: doctor sick ill hospital heart therapy pain
illness: sick flu cold cancer diabetes fever disease ill diagnose
ill sick
injury: break hurt wrist knee ankle shoulder leg arm back sprain twist fracture
injury hurt wound
accident: crash fall break hurt injure
fall slip
recover heal better
surgery operation
hospital clinic
doctor: hospital clinic physio dentist
arm: wrist hand elbow shoulder
leg: knee ankle foot hip
therapy therapist counselor counsel psychologist
relax: unwind destress calm swim read bath walk yoga meditate
cope: deal handle manage help
stress: pressure overwhelm tired anxious
sad upset heartbroken cry grief
happy joy glad excited
afraid scared nervous terrified worry fear
proud accomplish achieve
angry mad furious
support help encourage assist
help assist
volunteer charity shelter donate homeless
charity fundraiser donate cause
cause: charity mental awareness
baby pregnant expect birth born newborn
adopt adoption foster
child: adopt
pregnancy pregnant
die death funeral pass loss
buy purchase get
purchase: buy new
cost price pay expensive money pound dollar euro hundred thousand
money: loan budget pay save dollar pound euro
borrow loan lend
sell sale market
car vehicle truck van drive
vehicle: car van truck bus bicycle motorcycle bike
bicycle cycle ride
drive ride
train railway station
late delay
plane flight airport
break damage destroy crack ruin chew
fix repair mend restore
renovate renovation paint tile wall decorate build
decorate decoration paint
build make construct
make create craft build
equipment: tool machine kiln camera computer oven
computer laptop keyboard
phone: mobile call text
color: red blue green yellow purple orange pink black white brown gray
plant: flower tree garden vegetable tomato rose
flower: rose tulip lily sunflower daisy
garden yard
weather: rain snow sun cold hot storm wind
winter: snow christmas
summer: july august june
spring: march april may
autumn: september october november
weekend: saturday sunday
dream goal plan hope ambition
plan: want hope think intend
want: dream hope love
decide choose decision
reason: because why inspire motivate
inspire motivate drive
study: research
job: interview
religion: church god faith pray temple mosque
identity: gay lesbian trans transgender woman man
belief: faith value religion
politics: mayor election vote government council
crime: steal police illegal dump
threat: danger letter lock
protect safe secure lock
law: court lawyer judge
punish: fine detention prison
newspaper: article reporter journalist story editor
language: english spanish french german italian japanese chinese portuguese accent
photo: camera picture photograph
memory: remember remind
childhood: grow young school
young: teenager youth child kid
old: retire elderly age
secret: hidden hide surprise
surprise: unexpected
problem trouble issue mistake
fail: crash error break
table dataset data
report summary
pipeline job workflow
delete remove drop
error fail failure
chart graph plot
customer client
order purchase
revenue sale
"""


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {}

    def relate(one: str, other: str, weight: float) -> None:
        if one != other:
            to = table.setdefault(one, {})
            to[other] = max(weight, to.get(other, 0.0))

    for line in _WORDS.strip().splitlines():
        kind, colon, rest = line.partition(":")
        if colon:
            for word in rest.split():
                relate(porter(kind), porter(word), MEMBER)
                relate(porter(word), porter(kind), KIND)
        else:
            same = [porter(word) for word in line.split()]
            for word in same:
                for other in same:
                    relate(word, other, SAME)
    return table


def related(term: str) -> dict[str, float]:
    """Return the terms related to a term, each with how much it counts, below 1."""
    return _table().get(term, {})
