"""Our numbers in the forms of other tools."""
