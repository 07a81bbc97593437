"""History in ClickHouse, in process or on a server: tables, the sink that fills them, questions."""
