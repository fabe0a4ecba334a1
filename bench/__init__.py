"""Side-by-side measurements of what the project promises: `python -m bench`, or `python -m bench NAME` for one.

One module a measurement; each has `TITLE`, one sentence of `METHOD`, and `measure`. Nothing here is a test: a timer
never fails a build. Ratios are taken between things that ran alternately in one run, as medians.
"""
