"""Trains and measures the reference detector. Run it with `python -m training`; not a part of the installed package."""
