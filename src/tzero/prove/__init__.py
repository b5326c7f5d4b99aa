"""Query -> proof: an abstract interpreter that shows from the SQL alone that it cannot see the future."""
