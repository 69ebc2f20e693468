"""The language model that writes drafts: any that LangChain has a package for, or none.

Without LLM_MODEL drafts are composed from the data alone. What is sent are facts about a cake,
never anything about a person.
"""

from bakery.settings.environment import env

# "provider:model" as LangChain's init_chat_model has it, such as "openai:gpt-5-mini"; the
# provider's package (langchain-openai and so on) must be installed.
LLM_MODEL = env("LLM_MODEL", default="")
LLM_API_KEY = env("LLM_API_KEY", default="")
# Only for what speaks a provider's protocol elsewhere, and for the sandbox.
LLM_BASE_URL = env("LLM_BASE_URL", default="")
# Each try of one call; all tries together must end within an outbox lease.
LLM_TIMEOUT_SECONDS = env.float("LLM_TIMEOUT_SECONDS", default=8.0)
LLM_MAX_TOKENS = env.int("LLM_MAX_TOKENS", default=1200)
# Texts of the model in any 24 hours; beyond that drafts are composed from the data.
LLM_DRAFTS_A_DAY = env.int("LLM_DRAFTS_A_DAY", default=200)
# Whether a cake that is added to the range without a text gets a draft by itself.
DRAFTS_AUTOMATIC = env.bool("DRAFTS_AUTOMATIC", default=True)
