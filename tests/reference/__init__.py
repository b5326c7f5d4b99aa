"""The statistics of device_meta once more, in SQL written from their definitions: slow, short, nothing incremental."""
