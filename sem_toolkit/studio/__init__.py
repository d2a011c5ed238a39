"""The studio: a page in the browser with the text on one side and the picture and its fit on the other.

`server` answers the page; `analysis` and its neighbours say what is shown, in processes of their own (`process`), so
that nothing that is typed waits for a fit. Files are those of one folder (`folder`), texts are never lost (`texts`).
"""
