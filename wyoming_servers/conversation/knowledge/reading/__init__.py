"""Documents are read here: a file of any format in, its text by headings and pages out, in a process of its own."""
