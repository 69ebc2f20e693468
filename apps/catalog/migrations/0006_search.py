"""Search by words, misspellings and accents.

``catalog_product.search`` is an index that the database keeps, not a field of the model: whoever
writes a product, a category or many rows at once, the words that find it follow in the same
transaction. See `apps/catalog/selectors/search.py` for how it is asked.
"""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations, models

# Two readings of each word: stemmed ("cakes" finds "cake") and as it is written, for what is typed
# so far ("chocolat" is no beginning of the stem "chocol"). Both without accents.
CONFIGURATIONS = """
CREATE TEXT SEARCH CONFIGURATION public.shop_english (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION public.shop_english
    ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, pg_catalog.english_stem;
CREATE TEXT SEARCH CONFIGURATION public.shop_plain (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION public.shop_plain
    ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, pg_catalog.simple;
"""
NO_CONFIGURATIONS = """
DROP TEXT SEARCH CONFIGURATION public.shop_plain;
DROP TEXT SEARCH CONFIGURATION public.shop_english;
"""

# A name counts most, then the short description, then the long one, then what is shared with
# many: the category, the diets, and the words in search_words.
FUNCTIONS = """
CREATE FUNCTION public.catalog_search_vector(
    name text, short text, description text, shared text
) RETURNS tsvector LANGUAGE sql STABLE AS $$
    SELECT setweight(to_tsvector('public.shop_english', name), 'A')
        || setweight(to_tsvector('public.shop_plain', name), 'A')
        || setweight(to_tsvector('public.shop_english', short), 'B')
        || setweight(to_tsvector('public.shop_plain', short), 'B')
        || setweight(to_tsvector('public.shop_english', description), 'C')
        || setweight(to_tsvector('public.shop_english', shared), 'D')
        || setweight(to_tsvector('public.shop_plain', shared), 'D')
$$;

CREATE FUNCTION public.catalog_learn_words(text text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO public.catalog_searchword (word)
    SELECT DISTINCT found.word
    FROM regexp_split_to_table(lower(public.unaccent(text)), '[^[:alnum:]]+') AS found(word)
    WHERE length(found.word) BETWEEN 3 AND 40 AND found.word !~ '[0-9]'
      AND NOT EXISTS (SELECT 1 FROM public.catalog_searchword s WHERE s.word = found.word)
    ORDER BY 1
    ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION public.catalog_product_search() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    shelf text;
BEGIN
    SELECT c.name INTO shelf FROM public.catalog_category c WHERE c.id = NEW.category_id;
    NEW.search := public.catalog_search_vector(
        NEW.name, NEW.short_description, NEW.description,
        concat_ws(' ', shelf, translate(NEW.diet_tags::text, '_"[],', '     '), NEW.search_words)
    );
    PERFORM public.catalog_learn_words(concat_ws(' ', NEW.name, NEW.short_description, shelf));
    RETURN NEW;
END
$$;

CREATE FUNCTION public.catalog_category_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.catalog_product SET name = name WHERE category_id = NEW.id;
    RETURN NULL;
END
$$;
"""
NO_FUNCTIONS = """
DROP FUNCTION public.catalog_category_search();
DROP FUNCTION public.catalog_product_search();
DROP FUNCTION public.catalog_learn_words(text);
DROP FUNCTION public.catalog_search_vector(text, text, text, text);
"""

COLUMN = """
ALTER TABLE public.catalog_product ADD COLUMN search tsvector NOT NULL DEFAULT ''::tsvector;
CREATE TRIGGER product_search_new BEFORE INSERT ON public.catalog_product
    FOR EACH ROW EXECUTE FUNCTION public.catalog_product_search();
CREATE TRIGGER product_search_changed
    BEFORE UPDATE OF name, short_description, description, category_id, diet_tags, search_words
    ON public.catalog_product
    FOR EACH ROW EXECUTE FUNCTION public.catalog_product_search();
CREATE TRIGGER category_search_changed AFTER UPDATE OF name ON public.catalog_category
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name)
    EXECUTE FUNCTION public.catalog_category_search();
UPDATE public.catalog_product SET name = name;
CREATE INDEX product_search ON public.catalog_product USING gin (search);
"""
NO_COLUMN = """
DROP TRIGGER category_search_changed ON public.catalog_category;
DROP TRIGGER product_search_changed ON public.catalog_product;
DROP TRIGGER product_search_new ON public.catalog_product;
ALTER TABLE public.catalog_product DROP COLUMN search;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_recipes")]

    operations = [
        # Both are trusted: the owner of the database may create them where nobody has yet.
        UnaccentExtension(),
        TrigramExtension(),
        migrations.RunSQL(CONFIGURATIONS, NO_CONFIGURATIONS),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                (
                    "word",
                    models.CharField(max_length=40, primary_key=True, serialize=False),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(
                        fields=["word"], name="searchword_near", opclasses=["gist_trgm_ops"]
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="product",
            name="search_words",
            field=models.TextField(blank=True, db_default="", default="", max_length=500),
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(COLUMN, NO_COLUMN),
    ]
