"""Points in time as numbers: days since 1970, and what calendar and clock show."""

import numpy as np
import pandas as pd
from pandas.api import types

_DAY = 86_400_000_000  # microseconds


def universal(series):
    """Give dates as universal time, those without a zone as they are.

    Parameters
    ----------
    series : pandas.Series or list of (pandas.Timestamp or NaT)
        Dates, periods, or text in ISO's form.

    Returns
    -------
    ndarray of datetime64[us]
        NaT where missing.

    Raises
    ------
    TypeError or ValueError
        When it holds anything else.

    Examples
    --------
    >>> universal([pd.Timestamp("2024-01-01 01:00", tz="Europe/Paris"), pd.NaT]).tolist()
    [datetime.datetime(2024, 1, 1, 0, 0), None]
    """
    if isinstance(series, list):
        plain = (each if each.tz is None else each.tz_convert(None) for each in series)
        return np.array([each.to_datetime64() for each in plain], "M8[us]")
    if isinstance(series.dtype, pd.PeriodDtype):
        series = series.dt.to_timestamp()
    if not types.is_datetime64_any_dtype(series.dtype):
        if types.is_numeric_dtype(series.dtype):
            raise TypeError("numbers are no dates")  # pandas would take them for nanoseconds
        series = series.astype(object)
        if any(isinstance(value, int | float) and value == value for value in series):
            raise TypeError("numbers are no dates")
        series = pd.to_datetime(series, utc=True, format="ISO8601")
    if getattr(series.dt, "tz", None) is not None:
        series = series.dt.tz_convert(None)
    return series.to_numpy("M8[us]")


def days(stamps):
    """Give days since 1970.

    Parameters
    ----------
    stamps : ndarray of datetime64[us]
        From `universal`.

    Returns
    -------
    ndarray of shape (n_samples,)
        NaN where missing.

    Examples
    --------
    >>> days(np.array(["1970-01-02T12:00", "NaT"], "M8[us]"))
    array([1.5, nan])
    """
    return np.where(np.isnat(stamps), np.nan, stamps.astype(np.int64) / _DAY)


def readings(stamps, zone):
    """Give what calendar and clock show.

    Parameters
    ----------
    stamps : ndarray of datetime64[us]
        From `universal`.
    zone : tzinfo or None
        Where they hang.

    Returns
    -------
    dict of str to ndarray
        "month" (1 to 12), "day" (of the month, from 1), "weekday" (0 is Monday), "hour" (with its
        fraction); NaN where missing.

    Examples
    --------
    >>> shown = readings(np.array(["2024-02-29T18:30"], "M8[us]"), None)
    >>> {name: float(values[0]) for name, values in shown.items()}
    {'month': 2.0, 'day': 29.0, 'weekday': 3.0, 'hour': 18.5}
    """
    if zone is not None:
        local = pd.DatetimeIndex(stamps, tz="UTC").tz_convert(zone).tz_localize(None)
        stamps = local.to_numpy("M8[us]")
    months, dates = stamps.astype("M8[M]"), stamps.astype("M8[D]")
    shown = {
        "month": months.astype(np.int64) % 12 + 1,
        "day": (dates - months.astype("M8[D]")).astype(np.int64) + 1,
        "weekday": (dates.astype(np.int64) + 3) % 7,  # 1970 began on a Thursday
        "hour": (stamps - dates).astype(np.int64) / (_DAY / 24),
    }
    missing = np.isnat(stamps)
    return {name: np.where(missing, np.nan, values) for name, values in shown.items()}
