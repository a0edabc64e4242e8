"""The report of a run: one row a scenario, as one table.

hits: how often the fault is shown to have hit. lost, twice: inputs without outcome, and outcomes too many, in what is committed.
recovered: seconds from the end of the fault until there was no lag and nothing undecided. roots: lanes whose signed root is the one
that Python and `audit --rerun` compute from the inputs.
"""
import re

HEAD = ("Row", "Scenario", "Nodes", "Hits", "Lost", "Twice", "Recovered", "Roots", "Took", "Verdict")
RIGHT = {2, 3, 4, 5, 6, 8}

rows = []


def add(scenario, failed, skipped, took):
    facts = scenario.facts
    verdict = "SKIPPED" if skipped else "passed" if not failed else "FAILED" if scenario.hits else "NOT RUN"
    name = scenario.title or re.sub(r"^test_", "", scenario._testMethodName).replace("_", " ")
    numbers = (facts.losses, facts.duplicates) if facts else ("", "")
    recovered = "" if scenario.seconds is None else f"{scenario.seconds:.1f} s"
    roots = facts.roots if facts else ""
    rows.append((scenario.row, name, scenario.nodes, scenario.hits or "", *numbers, recovered, roots, f"{took:.1f} s", verdict))


def table():
    lines = [HEAD, *sorted(rows, key=lambda row: (row[0], row[2]))]
    lines = [[str(cell) for cell in row] for row in lines]
    widths = [max(len(row[i]) for row in lines) for i in range(len(HEAD))]
    text = []
    for row in lines:
        cells = [cell.rjust(w) if i in RIGHT else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths))]
        text.append("  ".join(cells).rstrip())
    text.insert(1, "-" * len(text[0]))
    return "\n".join(text)


def counts():
    """passed, failed (those that did not run included), skipped."""
    verdicts = [row[-1] for row in rows]
    passed, skipped = verdicts.count("passed"), verdicts.count("SKIPPED")
    return passed, len(verdicts) - passed - skipped, skipped
