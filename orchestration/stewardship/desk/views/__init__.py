"""Views, one file a page: each takes a visit, asks the rooms and returns a page."""
