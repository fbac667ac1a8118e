"""One file a view: it takes a visit, asks the rooms, and gives a page. None writes anything of its own."""
