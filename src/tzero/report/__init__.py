"""Certificates as people read them: page models, and the templates that show them. No SQL."""
