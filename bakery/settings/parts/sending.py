"""How much is sent, where to, at what price; and when a provider that fails is left alone."""

from decimal import Decimal

from bakery.settings.environment import env

_COUNTRIES, _PRICES = ["CA", "US"], ["CA:0.0113", "US:0.0113"]
# Countries (ISO 3166-1) that texts may go to. Staff are told wherever their phone is from.
SMS_COUNTRIES = [
    code.strip().upper() for code in env.list("SMS_COUNTRIES", default=[]) or _COUNTRIES
]
# Texts against pumping: for one number, for all numbers that share the first seven digits; and
# segments by country, and all of them. A number is texted a handful of times for an order; a
# neighbourhood's numbers, which differ in the last digits, are what pumping goes through.
SMS_CAPS = {
    "number_hour": env.int("SMS_CAP_NUMBER_HOUR", default=6),
    "number_day": env.int("SMS_CAP_NUMBER_DAY", default=15),
    "prefix_hour": env.int("SMS_CAP_PREFIX_HOUR", default=20),
    "country_day": env.int("SMS_CAP_COUNTRY_DAY", default=1500),
    "segments_day": env.int("SMS_CAP_SEGMENTS_DAY", default=2000),
}
# In the shop's currency: what one day may cost, and what a segment costs, by country.
SMS_CAP_MONEY_DAY = Decimal(env("SMS_CAP_MONEY_DAY", default="40"))
SMS_PRICES = {
    country.strip().upper(): Decimal(price)
    for country, _, price in (
        item.partition(":") for item in env.list("SMS_PRICES", default=[]) or _PRICES
    )
}
# Of a country without a price of its own; dear, so that the day's cap is reached early.
SMS_PRICE_ELSEWHERE = Decimal(env("SMS_PRICE_ELSEWHERE", default="0.15"))
# Provider -> failures in a row after which it is not called, and for how many seconds. What
# counts are failures that mean it is down: no connection, no answer, 5xx; never a refusal.
BREAKERS = {
    "twilio": (env.int("BREAKER_TWILIO_AFTER", default=5), env.int("BREAKER_TWILIO_PAUSE", 20)),
    "mail": (env.int("BREAKER_MAIL_AFTER", default=5), env.int("BREAKER_MAIL_PAUSE", 30)),
    "stripe": (env.int("BREAKER_STRIPE_AFTER", default=8), env.int("BREAKER_STRIPE_PAUSE", 10)),
    "llm": (env.int("BREAKER_LLM_AFTER", default=3), env.int("BREAKER_LLM_PAUSE", 60)),
    "storage": (env.int("BREAKER_STORAGE_AFTER", default=8), env.int("BREAKER_STORAGE_PAUSE", 10)),
}
# A text that found no way out for so long is given up.
MESSAGE_PATIENCE_HOURS = env.int("MESSAGE_PATIENCE_HOURS", default=24)
