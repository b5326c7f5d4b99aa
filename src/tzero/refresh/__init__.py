"""The runbook: what is declared, compared with what is there, gives steps; explain and run read the same list."""
