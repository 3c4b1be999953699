package broker

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"
	"golang.org/x/time/rate"
)

// awsQuotas are an account's quotas in one region, in requests a second.
type awsQuotas struct{ publish, get, list rate.Limit }

// awsDefaults are the default quotas of an account in AWS's large regions.
func awsDefaults() awsQuotas { return awsQuotas{publish: 500, get: 500, list: 10} }

// awsQuotaTimeout bounds the request, because its answer only makes things faster: in a private
// network there may be no route to Service Quotas, and then nothing answers.
const awsQuotaTimeout = 2 * time.Second

// askQuotas returns the account's real quotas if the endpoint is AWS's own, and the default of each
// quota that it cannot learn. The pacer finds a smaller quota by itself, so only a larger one stays
// unused.
func askQuotas(ctx context.Context, cfg aws.Config, endpoint *url.URL, log func(string, ...any)) awsQuotas {
	found := awsDefaults()
	if !isAWSHost(endpoint) {
		return found
	}
	ctx, cancel := context.WithTimeout(ctx, awsQuotaTimeout)
	defer cancel()
	client := servicequotas.NewFromConfig(cfg, func(o *servicequotas.Options) { o.Retryer = aws.NopRetryer{} })
	var asking sync.WaitGroup
	var logging sync.Mutex
	for code, value := range map[string]*rate.Limit{
		"L-BAFC6221": &found.publish, // retained inbound publishes
		"L-1243AB32": &found.get,     // GetRetainedMessage
		"L-0AA974E3": &found.list,    // ListRetainedMessages
	} {
		asking.Go(func() {
			out, err := client.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{
				ServiceCode: aws.String("iotcore"), QuotaCode: aws.String(code),
			})
			if err != nil {
				logging.Lock()
				defer logging.Unlock()
				log("quota %s is unknown, so the default of %.0f/s is used: %v", code, *value, err)
				return
			}
			if told := perSecond(out.Quota); told > 0 {
				*value = told
			}
		})
	}
	asking.Wait()
	return found
}

// perSecond returns a quota's value, or 0 if its unit is not requests per second.
func perSecond(q *types.ServiceQuota) rate.Limit {
	if q == nil || q.Value == nil {
		return 0
	}
	if p := q.Period; p != nil && (p.PeriodUnit != types.PeriodUnitSecond || aws.ToInt32(p.PeriodValue) != 1) {
		return 0
	}
	return rate.Limit(*q.Value)
}

// isAWSHost reports whether a host is AWS's own, as opposed to an emulator, a proxy or a custom
// domain, for which it is unknown whose quotas apply.
func isAWSHost(endpoint *url.URL) bool {
	host := strings.ToLower(endpoint.Hostname())
	if endpoint.Scheme != "https" || !strings.Contains(host, ".iot.") && !strings.Contains(host, ".iot-fips.") {
		return false
	}
	for _, suffix := range []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}
