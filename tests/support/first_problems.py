"""The problems of Rumelhart, Hinton and Williams, 1986, "Learning representations by back-propagating errors"."""

import itertools

import numpy as np

from engine.batches import Rows
from engine.memory import Array

RELATIONS = (
    "father mother husband wife son daughter".split()  # noqa: SIM905 - twelve words
    + "uncle aunt brother sister nephew niece".split()  # noqa: SIM905 - read best like this
)
COUPLES = [(0, 1), (2, 3), (5, 4), (7, 6), (9, 8)]  # husband and wife, of twelve persons
CHILDREN = {(0, 1): (5, 6), (2, 3): (7, 8), (7, 6): (10, 11)}
MEN = {0, 2, 5, 7, 9, 10}


def xor() -> Rows:
    """Whether exactly one of two inputs is on."""
    x = np.array(list(itertools.product((0, 1), repeat=2)), np.float32)
    return Rows(x, x.sum(axis=1) == 1)


def symmetry(width: int = 6) -> Rows:
    """Whether a row of bits reads the same from both ends."""
    x = np.array(list(itertools.product((0, 1), repeat=width)), np.float32)
    return Rows(x, (x == x[:, ::-1]).all(axis=1))


def family_trees() -> tuple[Array, Array]:
    """The facts (person, relation) -> person of two families alike.

    Returns x: (facts, 2), a person's number from 0 to 23 and a relation's from 24 to 35; y: (facts, 24), 1 for each
    person who is meant.
    """
    facts: dict[tuple[int, int], set[int]] = {}
    for offset, (relation, person, other) in itertools.product((0, 12), _one_family()):
        key = (person + offset, 24 + RELATIONS.index(relation))
        facts.setdefault(key, set()).add(other + offset)
    y = np.zeros((len(facts), 24))
    for row, meant in enumerate(facts.values()):
        y[row, list(meant)] = 1
    return np.array(list(facts), np.float32), y


def _one_family() -> set[tuple[str, int, int]]:
    """All (relation, person, who that is) of one family, for one family of twelve."""
    found: set[tuple[str, int, int]] = set()
    parents = {child: couple for couple, children in CHILDREN.items() for child in children}
    spouses = {a: b for couple in COUPLES for a, b in (couple, couple[::-1])}
    siblings = {child: [s for s in CHILDREN[couple] if s != child] for child, couple in parents.items()}

    def add(person: int, other: int, man: str, woman: str) -> None:
        found.add((man if other in MEN else woman, person, other))

    for person, spouse in spouses.items():
        add(person, spouse, "husband", "wife")
    for child, couple in parents.items():
        for parent in couple:
            add(child, parent, "father", "mother")
            add(parent, child, "son", "daughter")
            for sibling in siblings.get(parent, []):
                for elder in (sibling, spouses[sibling]):
                    add(child, elder, "uncle", "aunt")
                    add(elder, child, "nephew", "niece")
        for sibling in siblings[child]:
            add(child, sibling, "brother", "sister")
    return found
