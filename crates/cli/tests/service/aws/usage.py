"""What the account used this month; nothing is limited where nobody sends a bill."""

import datetime

import reach


def read(client):
    usage = client.get_account_usage()
    now = datetime.datetime.now(datetime.timezone.utc)
    assert usage["usagePeriodStartTime"] <= now <= usage["usagePeriodEndTime"], usage
    hours = usage["monthlyAccountInvestigationHours"]
    assert hours["usage"] > 0, f"the investigations took no time: {usage}"
    for name, metric in usage.items():
        if name.startswith("monthly"):
            assert metric["limit"] == -1 and metric["usage"] >= 0, f"{name}: {metric}"
    reach.say(f"{hours['usage'] * 3600:.1f} s of investigations this month")
