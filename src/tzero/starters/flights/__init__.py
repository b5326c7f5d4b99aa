"""The starter `flights`: every departure from New York in 2013, and how late its like had been before it."""
