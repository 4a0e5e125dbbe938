<<- define "get">><<if .duckdb>>json_extract_string<<else>>json_extract_scalar<<end>><<end>>
<<- /* transform and filter of lists */ ->>
<<- define "each">><<if .duckdb>>list_transform<<else>>transform<<end>><<end>>
<<- define "keep">><<if .duckdb>>list_filter<<else>>filter<<end>><<end>>
<<- define "size">><<if .duckdb>>len<<else>>cardinality<<end>><<end>>
<<- define "find">>strpos<<end>>
<<- define "words">>regexp_extract_all(f, '[A-Za-z0-9_./-]+')<<end ->>
-- Usage of <<.o.Organization>> by principal, event and entity. `review --usage` reads the result.
<<if .duckdb>>COPY (<<end>>
WITH lines AS (
<<- if .duckdb>>
  SELECT regexp_replace(trim(line, chr(9) || chr(13) || ' '), ',$', '') AS line
  FROM read_csv('<<.o.Input>>', header = false, auto_detect = false, columns = {'line': 'VARCHAR'}, delim = chr(1), quote = '', escape = '', max_line_size = 4000000, strict_mode = false, null_padding = true)
<<- else>>
  SELECT regexp_replace(trim(line), ',$', '') AS line FROM <<.o.Input>>
<<- end>>
),
events AS (
  SELECT
    line,
    <<template "get" .>>(line, '$.timestamp') AS stamp,
    <<template "get" .>>(line, '$.event') AS event,
    coalesce(<<template "get" .>>(line, '$.description'), '') AS description,
    coalesce(<<template "get" .>>(line, '$.user.githubLogin'), '') AS login,
    coalesce(<<template "get" .>>(line, '$.tokenID'), '') AS token_id,
    coalesce(<<template "get" .>>(line, '$.tokenName'), '') AS token_name,
    coalesce(<<template "get" .>>(line, '$.sourceIP'), '') AS address,
    coalesce(<<template "get" .>>(line, '$.authFailure'), 'false') AS refused
  FROM (
    SELECT CASE WHEN <<if .duckdb>>json_valid(line)<<else>>try(json_parse(line)) IS NOT NULL<<end>> THEN line END AS line
    FROM lines
    WHERE replace(replace(replace(line, '[', ''), ']', ''), ' ', '') <> ''
  ) AS valid
),
timed AS (
  SELECT *,
    CASE
      WHEN <<if .duckdb>>regexp_matches(stamp, '^[0-9]{1,17}$')<<else>>regexp_like(stamp, '^[0-9]{1,17}$')<<end>>
        THEN CASE WHEN CAST(stamp AS BIGINT) >= 100000000000 THEN <<if .duckdb>>CAST(stamp AS BIGINT) // 1000<<else>>CAST(stamp AS BIGINT) / 1000<<end>> ELSE CAST(stamp AS BIGINT) END
      WHEN <<if .duckdb>>regexp_matches(stamp, '^[0-9]{4}-[0-9]{2}-[0-9]{2}T')<<else>>regexp_like(stamp, '^[0-9]{4}-[0-9]{2}-[0-9]{2}T')<<end>>
        THEN CAST(floor(<<if .duckdb>>epoch(try_cast(stamp AS TIMESTAMPTZ))<<else>>to_unixtime(try(from_iso8601_timestamp(stamp)))<<end>>) AS BIGINT)
    END AS unix_second
  FROM events
),
told AS (
  SELECT *, coalesce(unix_second > 0 AND event <> '' AND refused IN ('true', 'false'), false) AS good
  FROM timed
),
worded AS (
  SELECT *,
<<- /* the words of each field; of a field with @, what follows the first word is a revision unless it is a name */>>
    <<template "keep" .>>(<<template "each" .>>(flatten(<<template "each" .>>(
      <<if .duckdb>>regexp_extract_all(description, '\S+')<<else>>regexp_extract_all(description, '\S+')<<end>>,
      <<if $.duckdb>>lambda f: <<else>>f -> <<end>><<if .duckdb>>list_concat<<else>>concat<<end>>(
        <<if .duckdb>>list_slice<<else>>slice<<end>>(<<template "words" .>>, 1, 1),
        <<template "keep" .>>(<<if .duckdb>>list_slice(<<template "words" .>>, 2, 10000)<<else>>slice(<<template "words" .>>, 2, 10000)<<end>>, <<if $.duckdb>>lambda w: <<else>>w -> <<end>><<template "find" .>>(f, '@') = 0 OR <<template "find" .>>(w, '/') > 0)
      ))), <<if $.duckdb>>lambda w: <<else>>w -> <<end>>regexp_replace(w, '^[.]+|[.]+$', ''<<if .duckdb>>, 'g'<<end>>)), <<if $.duckdb>>lambda w: <<else>>w -> <<end>>w <> '') AS words
  FROM told
),
named AS (
  SELECT *,
    <<template "each" .>>(words, <<if $.duckdb>>lambda w: <<else>>w -> <<end>>coalesce(regexp_extract(w, '^(?i:<<.organization>>/)?([^/]+/[^/]+)$', 1), '')) AS names
  FROM worded
),
placed AS (
  SELECT *
<<- range .nouns>>,
    <<template "each" $>>(<<template "keep" $>>(<<if $.duckdb>>range(1, len(words))<<else>>slice(sequence(1, greatest(cardinality(words), 1)), 1, greatest(cardinality(words) - 1, 0))<<end>>, <<if $.duckdb>>lambda i: <<else>>i -> <<end>>lower(<<if $.duckdb>>words[i]<<else>>element_at(words, i)<<end>>) = '<<.>>' AND
      <<- if eq . "account">> true<<else>> (<<if $.duckdb>>names[i + 1]<<else>>element_at(names, i + 1)<<end>> <> ''<<if eq . "environment">> OR i + 1 = <<template "size" $>>(words) AND <<template "find" $>>(<<if $.duckdb>>words[i + 1]<<else>>element_at(words, i + 1)<<end>>, '/') = 0<<end>>)<<end>>),
      <<if $.duckdb>>lambda i: <<else>>i -> <<end>><<if eq . "account">><<if $.duckdb>>words[i + 1]<<else>>element_at(words, i + 1)<<end>><<else>>CASE WHEN <<if $.duckdb>>names[i + 1]<<else>>element_at(names, i + 1)<<end>> <> '' THEN <<if $.duckdb>>names[i + 1]<<else>>element_at(names, i + 1)<<end>> ELSE 'default/' || <<if $.duckdb>>words[i + 1]<<else>>element_at(words, i + 1)<<end>> END<<end>>) AS <<.>>s
<<- end>>,
    <<if .duckdb>>list_distinct<<else>>array_distinct<<end>>(<<template "keep" .>>(names, <<if $.duckdb>>lambda n: <<else>>n -> <<end>>n <> '')) AS others
  FROM named
)
SELECT
  CASE WHEN good THEN event END AS event,
  good AND refused = 'true' AS refused,
  CASE WHEN good THEN login ELSE '' END AS login,
  CASE WHEN good THEN token_id ELSE '' END AS token_id,
  CASE WHEN good THEN token_name ELSE '' END AS token_name,
  CASE WHEN good THEN address ELSE '' END AS address,
  good AND (description LIKE '%anonymous environment' OR description LIKE '%anonymous environment.') AS anonymous
<<- range .nouns>>,
  CASE WHEN NOT good THEN '' WHEN <<template "size" $>>(<<.>>s) > 0 THEN <<if $.duckdb>><<.>>s[-1]<<else>>element_at(<<.>>s, -1)<<end>><<if ne . "account">> WHEN <<template "size" $>>(others) = 1 THEN <<if $.duckdb>>others[1]<<else>>element_at(others, 1)<<end>><<end>> ELSE '' END AS <<.>>
<<- end>>,
  CASE WHEN good THEN CAST((unix_second % 86400 - unix_second % 3600) / 3600 AS BIGINT) END AS hour_of_day,
  coalesce(min(CASE WHEN good THEN unix_second END), 0) AS first_second,
  coalesce(max(CASE WHEN good THEN unix_second END), 0) AS last_second,
  count(*) AS events
FROM placed
WHERE NOT good OR (true<<if .since>> AND unix_second >= <<.since>><<end>><<if .until>> AND unix_second <= <<.until>><<end>>)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
<<if .duckdb>>) TO '<<.o.Output>>' (FORMAT json)<<end>>
