"""Propositions such as "(A and not B) or C", made into networks of McCulloch and Pitts' neurons."""

import re

from mlpkit.errors import InvalidParameterError
from mlpkit.neurons.mcculloch_pitts import (
    ALWAYS_ON,
    McCullochPittsNetwork,
    McCullochPittsNeuron,
)

_TOKEN = re.compile(r"\s*(?:([()])|([^\W\d]\w*)|(\S))")
_WORDS = ("and", "or", "not", "xor")
_DEEPEST = 100  # parentheses and nots within each other


def compile_proposition(text):
    """Make a network of McCulloch and Pitts' neurons that computes a proposition.

    Conjunctions of two are one neuron, and so are disjunctions of any number (each input wired
    twice); what is negated inhibits. Where nothing else excites, an input that is always on does.

    Parameters
    ----------
    text : str
        Names joined by ``not``, ``and``, ``xor``, ``or`` (which bind in this order, tightest
        first) and parentheses.

    Returns
    -------
    McCullochPittsNetwork
        Its inputs are the names, in the order of their first use.

    Raises
    ------
    InvalidParameterError
        When the text is no proposition; the message tells at which character.

    Examples
    --------
    >>> network = compile_proposition("(A and not B) or C")
    >>> print(network)
    n1 fires when A (wired twice) is active and B is silent
    output fires when n1 or C (wired twice) is active
    >>> network([1, 0, 0]), network([1, 1, 0])
    (np.int64(1), np.int64(0))
    """
    tree = _Parser(text).parse()
    names = list(dict.fromkeys(_names_in(tree)))
    return McCullochPittsNetwork(tuple(names), _Wiring(names).wired(tree))


class _Parser:
    """Recursive descent over the tokens; a tree is a name or a tuple (operator, *trees)."""

    def __init__(self, text):
        if not isinstance(text, str):
            raise InvalidParameterError(
                f"a proposition must be text, such as 'A and not B'. Got {text!r}."
            )
        self.text, self.tokens, self.depth = text, [], 0
        for found in _TOKEN.finditer(text):
            if found[3]:
                self._refuse(f"found {found[3]!r}", found.start(3))
            word = found[1] or found[2]
            lower = word.lower()
            self.tokens.append(
                (lower if lower in _WORDS else word, lower in _WORDS, found.end() - len(word))
            )
        self.tokens.append(("", True, len(text)))
        self.place = 0

    def parse(self):
        tree = self._joined("or")
        if self._word:
            self._refuse(f"found {self._word!r}", self.tokens[self.place][2])
        return tree

    @property
    def _word(self):
        return self.tokens[self.place][0]

    def _taken(self, word):
        taken, keyword, _ = self.tokens[self.place]
        if taken == word and (keyword or word in "()"):
            self.place += 1
            return True
        return False

    def _joined(self, operator):
        """Parse trees joined by an operator; those of tighter ones are within."""
        inner = {"or": "xor", "xor": "and"}.get(operator)
        part = (lambda: self._joined(inner)) if inner else self._negated
        parts = [part()]
        while self._taken(operator):
            parts.append(part())
        return parts[0] if len(parts) == 1 else (operator, *parts)

    def _negated(self):
        word, keyword, at = self.tokens[self.place]
        self.depth += 1
        if self.depth > _DEEPEST:
            self._refuse(f"it nests deeper than {_DEEPEST} levels", at)
        if self._taken("not"):
            tree = ("not", self._negated())
        elif self._taken("("):
            tree = self._joined("or")
            if not self._taken(")"):
                self._refuse("a ) is missing", self.tokens[self.place][2])
        elif not word or keyword or word == ")":
            self._refuse(f"a name is missing before {word or 'the end'!r}", at)
        elif word == ALWAYS_ON:
            self._refuse(f"{ALWAYS_ON!r} is the input that is always active: rename yours", at)
        else:
            self.place += 1
            tree = word
        self.depth -= 1
        return tree

    def _refuse(self, why, at):
        raise InvalidParameterError(
            "a proposition must be names joined by not, and, xor, or and parentheses, such as "
            f"'(A and not B) or C'. Got {self.text!r}: {why}, at character {at + 1}."
        )


def _names_in(tree):
    if isinstance(tree, str):
        return [tree]
    return [name for part in tree[1:] for name in _names_in(part)]


class _Wiring:
    """Makes neurons for a tree, each part once."""

    def __init__(self, names):
        self.taken, self.neurons, self.made = {*names, ALWAYS_ON}, [], {}

    def wired(self, tree):
        """Give the neurons, the output last."""
        excitatory, inhibitory = self._inputs(tree)
        self.neurons.append(McCullochPittsNeuron(self._free_name("output"), excitatory, inhibitory))
        return tuple(self.neurons)

    def _signal(self, tree):
        """Give the name of the input or neuron that carries a part's value."""
        if isinstance(tree, str):
            return tree
        if tree not in self.made:
            excitatory, inhibitory = self._inputs(tree)
            name = self._free_name(f"n{len(self.neurons) + 1}")
            self.neurons.append(McCullochPittsNeuron(name, excitatory, inhibitory))
            self.made[tree] = name
        return self.made[tree]

    def _inputs(self, tree):
        """Give what excites and what silences the neuron of a part."""
        if isinstance(tree, str):
            return (tree, tree), ()
        operator, *parts = tree
        if operator == "not":
            return (ALWAYS_ON, ALWAYS_ON), (self._signal(parts[0]),)
        if operator == "or":
            return tuple(n for part in parts for n in [self._signal(part)] * 2), ()
        if operator == "xor":
            left, right = (_halved("xor", half) for half in _halves(parts))
            one_alone = [("and", left, ("not", right)), ("and", right, ("not", left))]
            return self._inputs(("or", *one_alone))
        return self._conjunction(parts)

    def _conjunction(self, parts):
        negated = [part[1] for part in parts if part[0] == "not" and not isinstance(part, str)]
        plain = [part for part in parts if isinstance(part, str) or part[0] != "not"]
        silencing = tuple(dict.fromkeys(map(self._signal, negated)))
        if len(plain) > 2:  # a neuron tells whether two are active, not three
            plain = [_halved("and", half) for half in _halves(plain)]
        signals = [self._signal(part) for part in plain] or [ALWAYS_ON]
        return tuple(signals * 2 if len(signals) == 1 else signals), silencing

    def _free_name(self, name):
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


def _halves(parts):
    middle = (len(parts) + 1) // 2
    return parts[:middle], parts[middle:]


def _halved(operator, parts):
    return parts[0] if len(parts) == 1 else (operator, *parts)


PROPOSITIONS = {
    text: compile_proposition(text) for text in ("A", "A and B", "A or B", "A and not B")
}
"""The four networks of the book's figure 10-3, by their propositions."""
