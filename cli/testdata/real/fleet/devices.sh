# devices.sh N: a table of N devices of three models on two sites.
awk -v n=$1 'BEGIN {
  print "id,model,site,room,setpoint,firmware"
  split("thermostat meter gateway", model, " "); split("berlin lyon", site, " ")
  for (i = 0; i < n; i++) {
    m = model[i % 10 < 6 ? 1 : i % 10 < 9 ? 2 : 3]
    printf "dev-%05d,%s,%s,room %d,%s,%s\n", i, m, site[1 + int(i / 7) % 2], i % 400, m == "thermostat" ? 17 + i % 9 / 2 : "", i % 5 ? "1.5.0" : "1.4.2"
  }
}'
