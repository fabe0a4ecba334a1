"""Questions: a Query is a value; planning it is pure; answering it reads rollups, columns or rows in one snapshot."""
