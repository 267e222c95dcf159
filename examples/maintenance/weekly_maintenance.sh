#!/bin/bash
# weekly_maintenance.sh

echo "Starting weekly maintenance tasks..."

# 1. System updates
echo "Checking for system updates..."
apt update && apt list --upgradable

# 2. Security scan
echo "Running security scan..."
lynis audit system --quiet

# 3. Performance analysis
echo "Analyzing performance..."
iostat -x 1 10 > /tmp/iostat_report.txt
sar -u 1 60 > /tmp/cpu_report.txt

# 4. Database statistics update
echo "Updating database statistics..."
sudo -u postgres psql truststram -c "ANALYZE;"

# 5. Certificate renewal check
echo "Checking certificate renewal..."
certbot renew --dry-run

# 6. Backup verification
echo "Verifying recent backups..."
find /backup -name "*.tar.gz" -mtime -7 -exec tar -tzf {} \; > /dev/null

echo "Weekly maintenance completed."
