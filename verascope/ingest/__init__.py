"""How facts come in: analysed (`detection`), completed in named steps (`pipeline`), written in groups (`writer`)."""
