"""The language server: what an editor shows of a spec while it is typed. Everything but `server` knows no protocol."""
