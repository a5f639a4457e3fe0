set -e
e=$(printf '\033')
echo "${e}[34m==>${e}[0m ${e}[1mindex-builder 4.2.0${e}[0m (release $STROEM_COMMIT)"
echo "reading ${e}[36ms3://acme-catalog/images/manifest.parquet${e}[0m"
echo "10,000 rows, 3 sizes, 412 categories"
for shard in 01 02; do echo "${e}[32mok${e}[0m    shard $shard/16  625 docs"; done
if [ "$DRILL" != none ]; then
  echo "${e}[33mwarn${e}[0m  shard 03/16  timeout after 10 s, trying again (1 of 5)"
  echo "${e}[31merror${e}[0m shard 03/16  timeout after 40 s: search-3.int.example:9200 accepted the connection and sent nothing" >&2
  if [ ! -e "$STATE_DIR/never" ] && [ "$DRILL" = hang ]; then
    echo "Traceback (most recent call last):" >&2
    echo '  File "scripts/index.py", line 212, in push_shard' >&2
    echo "ReadTimeout: no answer within 40.0 s" >&2
    exit 75
  fi
  echo "${e}[33mwarn${e}[0m  shard 03/16  moves to search-5.int.example"
fi
for percent in 10 35 70 100; do printf 'counting %s %%\r' $percent; done
printf '\n'
mkdir -p index
echo '{"documents": 10000}' > index/manifest.json
seq 1 400 > index/shards.txt
echo "${e}[1mDone${e}[0m in 4 min 36 s, 1.4 GiB, 3 warnings"
echo 'OUTPUT: {"documents": 10000, "alias": "images-live"}'
