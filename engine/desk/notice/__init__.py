"""消息: telling people, their list of notices, and sending mail and web hooks after the commit.

`tell` and `tell_of` are what the rest of the desk calls; both only write rows. `watch` finds what nobody
did: steps that have opened, fall due or are late.
"""

from engine.desk.notice import deliver  # noqa: F401 (enters the errands)
from engine.desk.notice.listing import listing, opened, read_all, unread
from engine.desk.notice.tell import Matter, choice_of, tell, tell_of

__all__ = ["Matter", "choice_of", "listing", "opened", "read_all", "tell", "tell_of", "unread"]
