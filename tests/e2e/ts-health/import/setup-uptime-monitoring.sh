#!/bin/bash
# scripts/monitoring/setup-uptime-monitoring.sh

# Pingdom checks
curl -X POST "https://api.pingdom.com/api/3.1/checks" \
  -H "Authorization: Bearer $PINGDOM_API_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "name": "TrustStram API Health",
    "host": "truststream.yourdomain.com",
    "type": "http",
    "url": "/health",
    "encryption": true,
    "port": 443,
    "requestheaders": {
      "User-Agent": "Pingdom Monitor"
    },
    "shouldcontain": "healthy",
    "sendnotificationwhendown": 2,
    "notifyagainevery": 0,
    "notifywhenbackup": true,
    "resolution": 1
  }'

# StatusCake checks
curl -X POST "https://app.statuscake.com/API/Tests/Update" \
  -H "API: $STATUSCAKE_API_KEY" \
  -H "Username: $STATUSCAKE_USERNAME" \
  -d "WebsiteName=TrustStram API" \
  -d "WebsiteURL=https://truststream.yourdomain.com/health" \
  -d "CheckRate=60" \
  -d "TestType=HTTP" \
  -d "FindString=healthy"
