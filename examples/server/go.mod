module caring-note-example

go 1.24
