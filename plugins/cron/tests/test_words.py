import pytest

from stroem_cron.trigger_type import Scheduler


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("* * * * *", "every minute"),
        ("*/5 * * * *", "every 5 minutes"),
        ("*/10 * * * * *", "every 10 seconds"),
        ("* * * * * *", "every second"),
        ("@hourly", "every hour"),
        ("17 * * * *", "every hour at 17 past"),
        ("@daily", "at 00:00 every day (Europe/Oslo)"),
        ("0 6 * * MON-FRI", "at 06:00 on weekdays (Europe/Oslo)"),
        ("0 6 * * 0,6", "at 06:00 on weekends (Europe/Oslo)"),
        ("30 8,12 * * MON,SUN", "at 08:30 and 12:30 on Mondays and Sundays (Europe/Oslo)"),
        ("*/15 8-17 * * 1-5", "every 15 minutes from 08:00 to 17:45 on weekdays (Europe/Oslo)"),
        ("* 8-17 * * *", "every minute from 08:00 to 17:59 (Europe/Oslo)"),
        ("0 8-17 * * *", "every hour from 08:00 to 17:00 (Europe/Oslo)"),
        ("5 */2 * * *", "every 2 hours from 00:05 (Europe/Oslo)"),
        ("0 */6 * * *", "at 00:00, 06:00, 12:00 and 18:00 every day (Europe/Oslo)"),
        ("*/5 * * * 1", "every 5 minutes on Mondays (Europe/Oslo)"),
        ("0 0 1,15 * *", "at 00:00 on the 1st and 15th of the month (Europe/Oslo)"),
        ("0 0 L * *", "at 00:00 on the last day of the month (Europe/Oslo)"),
        ("@yearly", "at 00:00 on the 1st of January (Europe/Oslo)"),
        ("0 9 * * MON#2", "at 09:00 on the second Monday of the month (Europe/Oslo)"),
        ("0 9 * * 5L", "at 09:00 on the last Friday of the month (Europe/Oslo)"),
        ("0 9 * 6,7 *", "at 09:00 in June and July (Europe/Oslo)"),
        ("0 0 1 * 1", None),
        ("0 0 15W * *", None),
        ("0 0 0 1 1 * 2030", None),
        ("7/10 * * * *", None),
        ("*/7 * * * *", None),
        ("3 1,2,5,9,20 * * *", None),
        ("not cron", None),
    ],
)
def test_expressions_in_words(cron: str, words: str | None) -> None:
    assert Scheduler(cron=cron, timezone="Europe/Oslo").words == words


@pytest.mark.parametrize(
    ("secs", "words"),
    [
        (1, "every second"),
        (90, "every 90 seconds"),
        (300, "every 5 minutes"),
        (3600, "every hour"),
        (172800, "every 2 days"),
    ],
)
def test_intervals_in_words(secs: int, words: str) -> None:
    assert Scheduler(interval=secs).words == words


def test_lists_of_times_have_no_words() -> None:
    assert Scheduler(at=("2026-12-01",)).words is None
