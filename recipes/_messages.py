"""Made messages: phrases put together at random, each with the labels of its phrases."""

import numpy as np

LABELS = ["spam", "urgent"]

GREETINGS = ("Hi {name},", "Dear {name},", "Hello,", "{name},", "Good morning {name},", "")
NAMES = ("Ana", "Ben", "Carmen", "Deniz", "Emma", "Farid", "Grace", "Hugo", "Ines", "Jonas")
# Words such as free, offer, account and win are on both sides, as in real mail.
HAM = (
    "the minutes of the {event} are in the {place}",
    "are you free for lunch after the {event}",
    "I moved the {event} to room {number}",
    "our photos of the {event} are in the {place}",
    "the team offer to help with the {paper}",
    "could you read the {paper} before the {event}",
    "the {paper} is finished and my notes are in it",
    "grandma asks whether you come to the {event}",
    "we did win the match, {number} to two",
    "the bank has confirmed the payment for the {event}",
    "my child has a fever and waits at the {place}",
    "I left the keys and the {paper} in the {place}",
    "the account of the {event} that you wrote made us all laugh",
    "could we have lunch before the {event}",
    "there are {number} notes on the {paper} from the team",
)
SPAM = (
    "you have been selected to win a {prize}",
    "claim your free {prize} with this link",
    "your account is limited, confirm your password with this link",
    "cheap {goods} without prescription, {number} percent discount",
    "earn {number} thousand from home, guaranteed",
    "we offer a loan at {number} percent, no questions",
    "a rich uncle has left you a {prize} at our bank",
    "double your money with our {goods}",
    "your parcel waits for a small fee, pay with this link",
    "the lottery has drawn your number, claim your {prize}",
    "free {goods}, guaranteed delivery, {number} percent discount",
    "you win a {prize}, confirm your account",
    "our {goods} earn you {number} percent, money guaranteed",
    "your {prize} is free, pay only a small fee",
    "selected for you, cheap {goods} and a {prize}",
)
PRESSING = (
    "please answer within {number} minutes",
    "this cannot wait until tomorrow",
    "call me immediately",
    "the deadline is today at {number}",
    "it is an emergency, act now",
    "hurry, only {number} hours left",
    "this is your last chance, it closes today",
    "I need a reply now, it is urgent",
    "it cannot wait, call within {number} minutes",
    "please reply immediately, the deadline is near",
    "urgent, only {number} minutes left",
    "act today, it is the last chance",
)
CALM = (
    "there is no rush",
    "look at it whenever it suits you",
    "no reply needed before next week",
    "we can talk about it next week",
    "tomorrow or later is fine",
    "take your time with it",
    "see you in a month",
    "have a quiet evening",
    "whenever you have time is fine",
    "later in the month suits us too",
    "no rush, next month is fine",
    "we can look at it later",
)
HELD_BACK = 3  # every third phrase is kept from the training messages
ENDINGS = ("Regards", "Thanks, {name}", "Best wishes", "Yours, {name}", "", "")
SLOTS = {
    "name": NAMES,
    "event": ("meeting", "birthday", "concert", "review", "workshop", "match", "wedding"),
    "place": ("office", "school", "kitchen", "library", "shared folder", "depot"),
    "paper": ("report", "contract", "draft", "invoice", "slides", "recipe"),
    "prize": ("phone", "cruise", "voucher", "fortune", "car", "gift card"),
    "goods": ("pills", "watches", "shares", "vitamins", "handbags"),
    "number": tuple(str(number) for number in range(2, 100, 7)),
}
SHARE_SPAM, SHARE_URGENT = 0.4, {True: 0.6, False: 0.3}  # spam is pressing more often


def messages(n, seed, fresh=False):
    """Make different messages and their labels.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        What decides them.
    fresh : bool, default=False
        Take the third of the phrases that no other messages are made of.

    Returns
    -------
    texts : list of str
        No two alike.
    labels : ndarray of shape (n, 2)
        Whether each is spam, and whether it is urgent, as zeros and ones.
    """
    rng = np.random.default_rng(seed)
    made = {}
    while len(made) < n:
        spam = bool(rng.random() < SHARE_SPAM)
        urgent = bool(rng.random() < SHARE_URGENT[spam])
        kinds = (SPAM if spam else HAM), (PRESSING if urgent else CALM)
        about, pressing = (_part(phrases, fresh) for phrases in kinds)
        made[_message(rng, about, pressing)] = (spam, urgent)
    return list(made), np.array(list(made.values()), dtype=int)


def _part(phrases, fresh):
    """Give the phrases that are held back, or the others."""
    return [phrase for nth, phrase in enumerate(phrases, 1) if (nth % HELD_BACK == 0) == fresh]


def _message(rng, about, pressing):
    """Make one message: what it is about, and how it presses, in either order."""
    phrases = [_filled(rng, about), _filled(rng, pressing)]
    rng.shuffle(phrases)
    body = [f"{phrase[0].upper()}{phrase[1:]}." for phrase in phrases]
    return " ".join(filter(None, [_filled(rng, GREETINGS), *body, _filled(rng, ENDINGS)]))


def _filled(rng, phrases):
    """Choose a phrase and fill its slots."""
    chosen = {name: rng.choice(words) for name, words in SLOTS.items()}
    return str(rng.choice(phrases)).format(**chosen)
