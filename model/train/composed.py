"""Sentences made of parts, for turns of speech that annotated news hold too seldom to be learned from: denials, opponents quoted, irony.

Every part is written here; names are given names and surnames put together at random. A sentence is (words, stance), with {S} for the speaker, {T}
for the target, {good} and {bad} for what may be said of it, {he} for the speaker's pronoun.
"""
from corpora import Example, Pair
from network import NEUTRAL, OPPOSE, SUPPORT

COUNT = 1200  # of an epoch
FIRST = {"he": "John Peter Ivan Omar Luis David Ahmed Karl Henry Mark Felix Daniel".split(), "she": "Anna Maria Helen Fatima Lucy Sara Joan Ingrid Ellen Rosa Nina Clara".split()}
LAST = ("Abbey Marlow Kestrel Donner Halvorsen Okafor Pettersen Quint Ramsay Solis Tanner Ulrich Vance Winslow Yates Zeller Brandt Castell Dorsey Ekman Farrow "
        "Grieve Hartog Ibarra Jansen Kolb Lindgren Mercer Novak Osborne").split()
OFFICE = ["Senator", "Rep.", "Mayor", "Governor", "President", "Minister", "Judge", "Dr.", "Mr.", "Ms."]
SOMEBODY = ["the senator", "the spokesman", "the union", "the committee", "a spokeswoman for the city", "the opposition", "the company", "the governor", "critics", "the party"]
THINGS = ["the bill", "the new law", "the treaty", "the tax cut", "the budget", "the health plan", "the ban", "the pipeline", "the peace deal", "the reform", "the programme", "gun control",
          "the border wall", "the vaccine", "the sanctions", "the bridge project", "the trade agreement", "the strike", "the report", "the amendment", "the nominee", "the airport", "the merger"]
PEOPLE_TARGETS = ["the president", "the prime minister", "the governor", "the police", "the administration", "the Democrats", "the Republicans", "the mayor", "the attorney general"]
GOOD = ["a success", "good for families", "safe", "fair", "honest", "the right answer", "a step forward", "working", "sound", "necessary", "well prepared", "a great help to the poor"]
BAD = ["a failure", "dangerous", "a disgrace", "unfair", "corrupt", "a threat to jobs", "illegal", "reckless", "a waste of money", "cruel", "a sham", "bad for workers", "broken"]
CLAIMS = ["claims", "accusations", "reports", "suggestions", "allegations", "the idea", "the charge"]
DENIED = ["denied", "disputed", "rejected the claim", "refused to accept", "would not concede", "has always denied"]
DISMISSED = ["rejected", "dismissed", "disputed", "pushed back on", "denied", "brushed aside", "contested", "waved off"]
SAID = ["said", "told reporters", "argued", "insisted", "wrote", "told the council"]

DENIALS = [  # the hardest: the verb says no to what is said
    ("{S} {denied} that {T} {was} {bad}.", SUPPORT), ("{S} {denied} that {T} {was} {good}.", OPPOSE),
    ("{S} {dismissed} {claims} that {T} {was} {bad}.", SUPPORT), ("{S} {dismissed} {claims} that {T} {was} {good}.", OPPOSE),
    ("{S} denied supporting {T}.", OPPOSE), ("{S} denied having ever backed {T}.", OPPOSE), ("{S} denied that {he} had voted for {T}.", OPPOSE),
    ("{S} denied opposing {T}.", SUPPORT), ("{S} denied that {he} wanted to stop {T}.", SUPPORT), ("{S} denied that {T} had misled anybody.", SUPPORT),
    ("“It is not true that {T} {was} {bad},” {S} {said}.", SUPPORT), ("“It is simply false that {T} {was} {good},” {S} {said}.", OPPOSE),
    ("{S} defended {T} against {claims} that it was {bad}.", SUPPORT), ("{S} called it a lie that {T} {was} {bad}.", SUPPORT),
]
TURNS = DENIALS + [
    # negation
    ("{S} {said} {he} does not support {T}.", OPPOSE), ("{S} {said} {he} does not oppose {T}.", SUPPORT), ("{S} {said} {he} was not against {T}.", SUPPORT),
    ("{S} {said} {he} could not vote for {T}.", OPPOSE), ("{S} has no quarrel with {T}, {he} {said}.", SUPPORT), ("“I have nothing against {T},” {S} {said}.", SUPPORT),
    ("“I have nothing good to say about {T},” {S} {said}.", OPPOSE), ("{S} {said} {T} {was} not {bad}.", SUPPORT), ("{S} {said} {T} {was} not {good}.", OPPOSE),
    ("{S} {said} nobody had done more for the country than {T}.", SUPPORT), ("{S} {said} nothing had done more harm than {T}.", OPPOSE),
    ("{S} found nothing wrong with {T}.", SUPPORT), ("{S} saw no merit in {T}.", OPPOSE), ("“We raise no objection to {T},” {S} {said}.", SUPPORT),
    # conditions and hedges
    ("{S} {said} {he} would support {T} if it were {good}.", SUPPORT), ("{S} {said} {he} would oppose {T} unless it was changed.", OPPOSE),
    ("{S} {said} {he} could live with {T}, though it was not perfect.", SUPPORT), ("{S} {said} {T} could, in the end, prove {good}.", SUPPORT),
    ("{S} {said} {he} was leaning against {T}.", OPPOSE), ("{S} {said} {he} could not back {T} in its present form.", OPPOSE), ("{S} was inclined to accept {T}.", SUPPORT),
    # an opponent's words
    ("“They say {T} {was} {bad}. They are wrong,” {S} {said}.", SUPPORT), ("“They say {T} {was} {good}. They are wrong,” {S} {said}.", OPPOSE),
    ("“My opponent calls {T} {good}. It is {bad},” {S} {said}.", OPPOSE), ("“My opponent calls {T} {bad}. It is {good},” {S} {said}.", SUPPORT),
    ("{S} {said} those who call {T} {bad} have not looked at the facts.", SUPPORT), ("{S} {said} those who call {T} {good} have not looked at the facts.", OPPOSE),
    ("{S} {said} critics who think {T} {was} {bad} were mistaken.", SUPPORT), ("{S} mocked those who had called {T} {good}.", OPPOSE),
    ("“Do not believe anybody who tells you {T} {was} {bad},” {S} {said}.", SUPPORT), ("“Do not believe anybody who tells you {T} {was} {good},” {S} {said}.", OPPOSE),
    # irony
    ("{S} {said} the “success” of {T} had cost a thousand jobs.", OPPOSE), ("“This so-called ‘triumph’ has ruined us,” {S} {said} of {T}.", OPPOSE),
    ("{S} thanked {T} for the “help”, which {he} {said} had ruined {him}.", OPPOSE), ("{S} {said} the “friends of the people” behind {T} were {bad}.", OPPOSE),
    # no side is taken, for balance
    ("{S} {said} the council would vote on {T} on Tuesday.", NEUTRAL), ("{S} declined to say whether {he} supports {T}.", NEUTRAL), ("{S} has not decided whether to vote for {T}.", NEUTRAL),
    ("{S} {said} {he} had not read {T} yet.", NEUTRAL), ("{S} would neither confirm nor deny that {T} {was} {bad}.", NEUTRAL), ("{S} asked when {T} would be discussed.", NEUTRAL),
    # plainly, for balance
    ("{S} {said} {T} {was} {good}.", SUPPORT), ("{S} {said} {T} {was} {bad}.", OPPOSE), ("{S} praised {T}.", SUPPORT), ("{S} attacked {T}.", OPPOSE),
    ("“{T} {was} {good},” {S} {said}.", SUPPORT), ("“{T} {was} {bad},” {S} {said}.", OPPOSE),
]
SCARE = ("{S} {said} the {owner} “{thing}” was {bad}.", OPPOSE)  # the target is in the marks
OWNERS, SCARED = ["governor’s", "party’s", "company’s", "government’s", "minister’s"], ["reform", "relief", "victory", "solution", "compromise", "gift", "protection", "experts", "bargain"]


def speaker(rng):
    """(name, he, him)."""
    he = rng.choice(("he", "she"))
    him = {"he": "him", "she": "her"}[he]
    if rng.random() < 0.25:
        return rng.choice(SOMEBODY), he, him
    last = rng.choice(LAST)
    return rng.choice((f"{rng.choice(FIRST[he])} {last}", f"{rng.choice(OFFICE)} {last}", last)), he, him


def target(rng):
    if rng.random() < 0.2:
        return f"{rng.choice(FIRST[rng.choice(('he', 'she'))])} {rng.choice(LAST)}"
    return rng.choice(THINGS if rng.random() < 0.7 else PEOPLE_TARGETS)


def made(rng):
    words, stance = SCARE if rng.random() < 0.05 else rng.choice(DENIALS if rng.random() < 0.3 else TURNS)
    who, he, him = speaker(rng)
    what = target(rng)
    if words is SCARE[0]:
        what = f"the {rng.choice(OWNERS)} “{rng.choice(SCARED)}”"
        words = words.replace("the {owner} “{thing}”", "{T}")
    parts = {"he": he, "him": him, "good": rng.choice(GOOD), "bad": rng.choice(BAD), "claims": rng.choice(CLAIMS), "denied": rng.choice(DENIED), "dismissed": rng.choice(DISMISSED),
             "said": rng.choice(SAID), "was": rng.choice(("was", "had been", "would be"))}
    text = words.format(S="\1", T="\2", **parts)
    at = {}
    for mark, name in sorted((("\1", who), ("\2", what)), key=lambda m: text.index(m[0])):
        begin = text.index(mark)
        if begin == 0 or text[begin - 1] == "“":
            name = name[0].upper() + name[1:]
        text = text[:begin] + name + text[begin + 1 :]
        at[mark] = (begin, begin + len(name))
    pairs = [Pair(at["\1"], at["\2"], (0, len(text)), who, what, stance, True)]
    if "{claims}" in words:  # whoever defends somebody against a claim is against the claim
        begin = text.rindex(parts["claims"])
        claims = (begin, begin + len(parts["claims"]))
        pairs.append(Pair(at["\1"], claims, (0, len(text)), who, parts["claims"], OPPOSE, True))
    return Example(text, pairs=pairs)


class Composed:
    def examples(self, rng):
        return [made(rng) for _ in range(COUNT)]
