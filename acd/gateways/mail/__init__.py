"""Mail: IMAP or SMTP in, SMTP out, and everything that can be wrong with a mail in between."""
