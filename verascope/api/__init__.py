"""The door: HTTP in and out. `app` composes it; one router a subject; `deps` says who may; `errors`
translates.
"""
