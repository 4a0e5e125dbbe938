"""Runs a statement: run.py duckdb|trino FILE. Trino's is parsed, and not run."""
import sys

dialect, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    statement = file.read()

if dialect == "duckdb":
    import duckdb

    duckdb.execute(statement)
else:
    import sqlglot

    parsed = sqlglot.parse(statement, read="trino", error_level=sqlglot.ErrorLevel.RAISE)
    if len(parsed) != 1 or not isinstance(parsed[0], sqlglot.exp.Query):
        sys.exit("it is not one query")
    unknown = sorted({f.name for f in parsed[0].find_all(sqlglot.exp.Anonymous)})
    print(" ".join(unknown))
