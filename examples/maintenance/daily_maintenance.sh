#!/bin/bash
# daily_maintenance.sh

echo "Starting daily maintenance tasks..."

# 1. Database maintenance
echo "Running database maintenance..."
sudo -u postgres psql truststram -c "VACUUM ANALYZE;"
sudo -u postgres psql truststram -c "REINDEX DATABASE truststram;"

# 2. Clear temporary files
echo "Cleaning temporary files..."
find /tmp -name "truststram_*" -mtime +1 -delete
find /var/tmp -name "*.tmp" -mtime +7 -delete

# 3. Log cleanup
echo "Cleaning old logs..."
find /var/log/truststram -name "*.log" -mtime +30 -delete

# 4. Check disk usage
echo "Checking disk usage..."
df -h | awk '$5 > 80 {print "Warning: " $1 " is " $5 " full"}'

# 5. Update security signatures
echo "Updating security signatures..."
freshclam --quiet

# 6. Check certificate expiration
echo "Checking certificate expiration..."
openssl x509 -in /etc/ssl/certs/truststram.crt -noout -dates

# 7. Backup configuration
echo "Backing up configuration..."
tar -czf /backup/config_$(date +%Y%m%d).tar.gz /etc/truststram/

echo "Daily maintenance completed."
