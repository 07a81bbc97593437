"""The archive: every topic as Avro object files, in a folder or an object store, without gap or repeat."""
