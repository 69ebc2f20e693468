"""What a mail provider reports about mails."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.notifications import services
from apps.notifications.adapters.mail_reports import read_reports
from bakery.edge import access
from bakery.kernel import clock


@access.page(access.ANYONE)
@csrf_exempt
@require_http_methods(["HEAD", "POST"])
def mail_reports(request: HttpRequest) -> HttpResponse:
    """Take in reports; 404 where no provider is set up, 403 without its secret, 204 otherwise.

    Providers that check an address before they use it ask with HEAD.
    """
    if request.method == "POST":
        now = clock.now()
        for report in read_reports(request, now=now):
            services.record_mail_report(report=report, at=now)
    return HttpResponse(status=204)
