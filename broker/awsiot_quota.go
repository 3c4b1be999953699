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

// awsDefaults are the quotas that AWS gives an account in its large regions.
func awsDefaults() awsQuotas { return awsQuotas{publish: 500, get: 500, list: 10} }

// awsQuotaTimeout bounds the question, since its answer only makes things faster:
// in a private network Service Quotas may have no route, and then nothing answers.
const awsQuotaTimeout = 2 * time.Second

// askQuotas returns the account's real quotas where the endpoint is AWS's own, and
// the defaults wherever that is not told: the pacer finds a smaller one by itself,
// and only a larger one stays unused.
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
				log("quota %s is not told, so the default of %.0f/s is taken: %v", code, *value, err)
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

// perSecond returns a quota's value, or 0 where it is none of requests a second.
func perSecond(q *types.ServiceQuota) rate.Limit {
	if q == nil || q.Value == nil {
		return 0
	}
	if p := q.Period; p != nil && (p.PeriodUnit != types.PeriodUnitSecond || aws.ToInt32(p.PeriodValue) != 1) {
		return 0
	}
	return rate.Limit(*q.Value)
}

// isAWSHost tells AWS's own hosts from emulators, proxies and an account's custom
// domain, of which nobody knows whose quotas hold there.
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
