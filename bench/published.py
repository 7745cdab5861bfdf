"""The same recorded incidents, by Nightjar and by published methods, in one run.

    published.py NIGHTJAR_BENCH DATA_FOLDER

Prints the median processor time per incident of each and the ratios. The methods get what Nightjar
gets: two quiet days and the rows of the incident, already in memory as one table, and beside it the
moment at which the incident began. Only time is compared here; how often each is right stands in
docs/accuracy.md. Quiet in a second way: no answer of the data set is read.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import time
import warnings

import pandas

warnings.filterwarnings("ignore")

from baro.root_cause_analysis import nsigma, robust_scorer  # noqa: E402

RUNS = 3


def table(path):
    frame = pandas.read_csv(path, header=[0, 1, 2], index_col=0, skiprows=[3])
    frame.columns = ["_".join(column) for column in frame.columns]
    frame.index = frame.index.astype(float)
    return frame


def incidents(root):
    normal = {}
    for target in sorted(root.glob("*/train/issue_*/target.json")):
        scenario = target.parents[2]
        quiet = scenario / "noissue" / "metrics.csv"
        if not quiet.is_file():
            quiet = root / "low_traffic" / "noissue" / "metrics.csv"
        if quiet not in normal:
            normal[quiet] = table(quiet)
        window = table(target.parent / "metrics.csv")
        before = normal[quiet]
        # The quiet days may have been recorded later: they are moved to end before the incident.
        moved = before.set_axis(before.index - before.index[-1] + window.index[0] - 300.0)
        shared = [name for name in moved.columns if name in window.columns]
        joined = pandas.concat([moved[shared], window[shared]]).ffill().fillna(0.0)
        joined.insert(0, "time", joined.index)
        alarm = json.loads(target.read_text())["target"]["timestamp"]
        yield target.parent, joined.reset_index(drop=True), alarm


def milliseconds(method, frame, alarm):
    best = float("inf")
    for _ in range(RUNS):
        copy = frame.copy()
        begun = time.process_time()
        method(copy, inject_time=alarm)
        best = min(best, 1e3 * (time.process_time() - begun))
    return best


def main():
    binary, root = sys.argv[1], pathlib.Path(sys.argv[2])
    told = subprocess.run([binary, "cases", str(root)], check=True, capture_output=True, text=True)
    last = told.stdout.strip().splitlines()[-1]
    ours = float(last.split()[1])
    print(f"  nightjar, alert to plan                    {ours:9.2f} ms a case ({last.split('of ')[1]})")
    data = list(incidents(root))
    for name, method in [("BARO (fse-baro 0.2.2)", robust_scorer), ("n-sigma (fse-baro 0.2.2)", nsigma)]:
        each = [milliseconds(method, frame, alarm) for _, frame, alarm in data]
        theirs = statistics.median(each)
        print(f"  {name:<42} {theirs:9.2f} ms a case ({len(each)} cases): {theirs / ours:6.1f} times ours")


main()
