"""`make matrix`: the tests and the demo with each Nix, Python and engine that nivis supports, each in a fresh clone.

Data takes one way: a row (`rows`) -> a place to run in, or why there is none (`places`) -> a result for each make
target (`trial`) -> a table (`table`).
"""
