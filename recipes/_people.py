"""A made table as tables are: ages, categories, gaps, dates, and an income to be told from them."""

import numpy as np
import pandas as pd

EDUCATION = ("school", "vocational", "bachelor", "master", "doctor")
OCCUPATION = (
    "clerk", "driver", "engineer", "farmer", "manager", "nurse", "sales", "scientist", "teacher",
)  # fmt: skip
PAY = dict(zip(OCCUPATION, (0.0, -0.5, 0.9, -0.9, 1.3, 0.2, 0.1, 0.8, 0.3), strict=True))
N_TOWNS = 40
TODAY = pd.Timestamp("2025-01-01")


def people(n, seed=0):
    """Make a mixed table of people, with "<=50K" and ">50K" as their income.

    The income follows from age (rising, then falling), education, occupation, hours, seniority
    and town, some of them together, and from chance. A sixth of the employers' sizes and a tenth
    of the dates are missing, the sizes oftener for the self-employed: a gap tells something.

    Parameters
    ----------
    n : int
        Rows.
    seed : int, default=0
        Of the generator.

    Returns
    -------
    DataFrame
        Columns `age`, `education`, `occupation`, `town` (40 of them, most of them rare),
        `hours`, `gains` (mostly zero, else large), `employer_size` and `remote` with gaps,
        `self_employed`, `commute`, `since` (the day the job began) and `income`.
    """
    rng = np.random.default_rng(seed)
    age = np.clip(rng.normal(41, 13, n), 18, 80).round()
    level = np.clip(rng.binomial(4, 0.4, n) - (age < 22), 0, 4)
    occupation = rng.choice(OCCUPATION, n)
    own = rng.random(n) < 0.15
    town = np.minimum(rng.geometric(0.09, n) - 1, N_TOWNS - 1)
    hours = np.clip(rng.normal(39 + 4 * own, 9, n), 5, 80).round()
    years = rng.exponential(np.maximum(age - 20, 1) / 4)
    gains = np.where(rng.random(n) < 0.08, rng.lognormal(8, 1, n), 0).round()
    size = rng.lognormal(4 - 2.5 * own, 1.5, n).round() + 1
    dearness = np.random.default_rng(0).normal(0, 0.5, N_TOWNS)  # the same towns for every seed
    pay = np.array([PAY[name] for name in occupation])
    score = (
        -1.9 - ((age - 50) / 16) ** 2 + 0.55 * level + pay * (0.5 + 0.3 * level)
        + 0.05 * (hours - 39) + 0.5 * np.log1p(years) + (gains > 5000) * 2.5
        + 0.15 * np.log(size) + dearness[town] + 0.8 * own * (occupation == "sales")
    )  # fmt: skip
    high = rng.random(n) < 1 / (1 + np.exp(-2 * score))
    remote = rng.choice(np.array(["yes", "no", "sometimes", None], dtype=object), n)
    no_size = rng.random(n) < np.where(own, 0.6, 0.08)
    since = TODAY - pd.to_timedelta((years * 365).round(), unit="D")
    return pd.DataFrame(
        {
            "age": age.astype(int),
            "education": np.array(EDUCATION, dtype=object)[level],
            "occupation": occupation.astype(object),
            "town": np.array([f"town {number:02d}" for number in town], dtype=object),
            "hours": hours,
            "gains": gains,
            "employer_size": np.where(no_size, np.nan, size),
            "remote": remote,
            "self_employed": own,
            "commute": rng.gamma(2, 12, n).round(1),
            "since": pd.Series(since).where(rng.random(n) > 0.1),
            "income": np.where(high, ">50K", "<=50K").astype(object),
        }
    )
