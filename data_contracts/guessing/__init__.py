"""A mapping proposed for files that nobody described: sheets, tables, columns, dates and codes, each with how sure."""
