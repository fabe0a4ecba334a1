"""Probes: what is asked again and again from outside, whether it answers as it should, and since when."""
