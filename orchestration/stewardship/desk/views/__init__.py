"""Views, a file a subject: each takes a visit, asks the rooms and returns a page."""
