"""Draws samples of a run as one SVG picture: queue, tasks and alarms over the cloud's time. Standard library only.

A sample is what `renkei status --json` prints. Usage: timeline.py SAMPLES.jsonl OUT.svg QUEUE SERVICE [TITLE]
"""

import json
import sys
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, TOP = 1100, 70, 20, 64
PANEL, GAP, BAR = 190, 56, 20
INK, FAINT, GRID = "#1b2733", "#5f6b7a", "#e3e8ee"
BLUE, ORANGE, GREEN, PURPLE = "#1f6fb2", "#d9822b", "#2b8a5a", "#8458b3"
STATE_COLOURS = {"OK": "#bfe3cf", "ALARM": "#e5636a", "INSUFFICIENT_DATA": "#d5dbe2"}


def steps(points, x, y):
    """An SVG path that holds each value until the next one."""
    path = ""
    for i, (time, value) in enumerate(points):
        path += f"M{x(time):.1f},{y(value):.1f}" if i == 0 else f"H{x(time):.1f}V{y(value):.1f}"
    return path


def nice_ticks(top, count=4):
    step = 1
    while top / step > count:
        step = {1: 2, 2: 5, 5: 10}[int(str(step)[0])] * 10 ** (len(str(step)) - 1)
    return range(0, int(top) + 1, step)


class Picture:
    def __init__(self, samples, title):
        self.start = samples[0]["unix_millis"]
        self.end = max(samples[-1]["unix_millis"], self.start + 1)
        self.parts = []
        self.y = TOP
        self.text(LEFT, 30, title, size=18, weight=600)
        self.text(LEFT, 48, f"{samples[0]['time']} to {samples[-1]['time']}, "
                            f"cloud's time at {samples[0]['speed']:g} times real time", fill=FAINT)

    def x(self, time):
        return LEFT + (time - self.start) / (self.end - self.start) * (WIDTH - LEFT - RIGHT)

    def text(self, x, y, text, size=12, fill=INK, anchor="start", weight=400):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}" '
                          f'font-weight="{weight}">{escape(str(text))}</text>')

    def line(self, x1, y1, x2, y2, colour=GRID, width=1, dash=""):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
                          f'stroke-width="{width}" stroke-dasharray="{dash}"/>')

    def minutes(self):
        whole = (self.end - self.start) / 60000
        step = next(s for s in (1, 2, 5, 10, 15, 30, 60, 120, 240, 1440, 10 ** 6) if whole / s <= 14)
        return [m for m in range(0, int(whole) + 1, step)]

    def time_axis(self, bottom):
        for minute in self.minutes():
            at = self.x(self.start + minute * 60000)
            self.text(at, bottom + 15, f"{minute} min", size=11, fill=FAINT, anchor="middle")

    def panel(self, title, series, threshold=None):
        """`series` is [(name, colour, points)]; names that begin with "simulated" are dashed."""
        self.text(LEFT, self.y + 4, title, size=13, weight=600)
        offset = LEFT + 10 + 8 * len(title)
        for name, colour, _ in series:
            self.line(offset, self.y, offset + 18, self.y, colour, 3)
            self.text(offset + 24, self.y + 4, name, fill=FAINT)
            offset += 44 + 7 * len(name)
        top, bottom = self.y + 16, self.y + 16 + PANEL
        highest = max([v for _, _, points in series for _, v in points] + [threshold or 0, 1])
        y = lambda value: bottom - value / (highest * 1.08) * PANEL
        for minute in self.minutes():
            at = self.x(self.start + minute * 60000)
            self.line(at, top, at, bottom)
        for tick in nice_ticks(highest):
            self.line(LEFT, y(tick), WIDTH - RIGHT, y(tick))
            self.text(LEFT - 8, y(tick) + 4, tick, size=11, fill=FAINT, anchor="end")
        if threshold is not None:
            self.line(LEFT, y(threshold), WIDTH - RIGHT, y(threshold), FAINT, 1, "5 4")
            self.text(WIDTH - RIGHT, y(threshold) - 4, f"target {threshold:g}", size=11, fill=FAINT, anchor="end")
        for name, colour, points in series:
            dash = ' stroke-dasharray="5 3"' if name.startswith("simulated") else ""
            self.parts.append(f'<path d="{steps(points, self.x, y)}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        self.time_axis(bottom)
        self.y = bottom + GAP

    def bars(self, title, rows):
        """`rows` is [(name, [(from, to, state)])]."""
        self.text(LEFT, self.y + 4, title, size=13, weight=600)
        offset = LEFT + 10 + 8 * len(title)
        for state, colour in STATE_COLOURS.items():
            self.parts.append(f'<rect x="{offset}" y="{self.y - 6}" width="14" height="12" fill="{colour}"/>')
            self.text(offset + 20, self.y + 4, state, fill=FAINT)
            offset += 40 + 8 * len(state)
        self.y += 16
        for name, spans in rows:
            for first, last, state in spans:
                self.parts.append(f'<rect x="{self.x(first):.1f}" y="{self.y}" width="{max(self.x(last) - self.x(first), 0.5):.1f}" '
                                  f'height="{BAR}" fill="{STATE_COLOURS.get(state, GRID)}"/>')
            self.text(LEFT - 8, self.y + 14, name, size=11, fill=FAINT, anchor="end")
            self.y += BAR + 8
        self.time_axis(self.y - 8)
        self.y += 24

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.y}" width="{WIDTH}" height="{self.y}" '
                f'font-family="system-ui, sans-serif"><rect width="100%" height="100%" fill="white"/>'
                + "".join(self.parts) + "</svg>\n")


def pick(samples, kind, name, field):
    points = []
    for sample in samples:
        for row in sample[kind]:
            if row["name"] == name:
                points.append((sample["unix_millis"], row[field]))
    return points


def alarm_spans(samples):
    rows = {}
    for i, sample in enumerate(samples):
        until = samples[min(i + 1, len(samples) - 1)]["unix_millis"]
        for alarm in sample["alarms"]:
            kind = next((k for k in ("AlarmHigh", "AlarmLow") if k in alarm["name"]), alarm["name"][:12])
            spans = rows.setdefault(kind, [])
            if spans and spans[-1][2] == alarm["state"]:
                spans[-1] = (spans[-1][0], until, alarm["state"])
            else:
                spans.append((sample["unix_millis"], until, alarm["state"]))
    return sorted(rows.items())


def draw(samples, queue, service, title="renkei", target=None):
    picture = Picture(samples, title)
    picture.panel("messages", [("visible", BLUE, pick(samples, "queues", queue, "visible")),
                               ("in flight", ORANGE, pick(samples, "queues", queue, "in_flight"))], target)
    picture.panel("consumer's tasks", [("desired", PURPLE, pick(samples, "services", service, "desired")),
                                       ("running", GREEN, pick(samples, "services", service, "running"))])
    picture.bars("alarms", alarm_spans(samples))
    return picture.svg()


def foreseen(result, kind, name, field, start, end):
    """A series of `renkei simulate`'s result.json, within the time of the samples."""
    row = next(row for row in result[kind] if row["name"] == name)
    every = result["every_seconds"] * 1000
    points = [(result["start_unix_millis"] + i * every, value) for i, value in enumerate(row[field])]
    return [(time, value) for time, value in points if start <= time <= end]


def overlay(samples, result, queue, service, title):
    """What a live run was, with what was simulated dashed over it."""
    picture = Picture(samples, title)
    span = (picture.start, picture.end)
    for field in ("visible", "in_flight"):
        picture.panel("messages " + field.replace("_", " "), [
            ("live", BLUE, pick(samples, "queues", queue, field)),
            ("simulated", ORANGE, foreseen(result, "queues", queue, field, *span))])
    picture.panel("consumer's desired tasks", [
        ("live", PURPLE, pick(samples, "services", service, "desired")),
        ("simulated", GREEN, foreseen(result, "services", service, "desired", *span))])
    picture.bars("alarms, live", alarm_spans(samples))
    return picture.svg()


if __name__ == "__main__":
    rows = [json.loads(line) for line in open(sys.argv[1]) if line.strip()]
    with open(sys.argv[2], "w") as out:
        out.write(draw(rows, sys.argv[3], sys.argv[4], *sys.argv[5:6]))
