"""The command line: `pokea`. One file a group of commands; ``main`` lists them."""
