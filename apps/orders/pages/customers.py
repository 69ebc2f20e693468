"""Pages that only customers have."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

if TYPE_CHECKING:
    from apps.accounts.models import User

View = Callable[..., HttpResponseBase]


def for_customers(view: View) -> View:
    """Call ``view`` with the request and the customer; staff, who are none, go to the console.

    Below the page's access rule, which lets in nobody but who is signed in.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = cast("User", request.user)
        if user.is_staff:
            return HttpResponseRedirect("/console/")
        return view(request, user, *args, **kwargs)

    return guarded
