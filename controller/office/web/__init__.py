"""The office's web door: the API for programs and the pages for people.

House rules: every door says which roles open it, and what says nothing stays shut. Handlers check, call one
service and answer; rules live in the services. Errors are problem details (RFC 9457) without traces.
"""
