"""What is kept: tables, the one writer's inserts, rollups and columns. The only room that opens a database."""
